//! Words by what they do in an order to somebody else's assistant, in the languages of the data.
//!
//! A word may belong to several classes. To teach it a word: put it into its class, in lower case.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::model::features::number;

/// A set of classes.
pub(super) type Classes = u32;

pub(super) const OVERRIDE: Classes = 1;
pub(super) const PRIOR: Classes = 1 << 1;
pub(super) const RULES: Classes = 1 << 2;
pub(super) const ASSISTANT: Classes = 1 << 3;
pub(super) const TELL: Classes = 1 << 4;
pub(super) const NOT: Classes = 1 << 5;
pub(super) const SECRET: Classes = 1 << 6;
pub(super) const RUN: Classes = 1 << 7;
pub(super) const TOOL: Classes = 1 << 8;
pub(super) const SYSTEM: Classes = 1 << 9;
pub(super) const OWNER: Classes = 1 << 10;
pub(super) const YOU: Classes = 1 << 11;
pub(super) const NOW: Classes = 1 << 12;
pub(super) const MODE: Classes = 1 << 13;
pub(super) const FREE: Classes = 1 << 14;
pub(super) const MUST: Classes = 1 << 15;
pub(super) const ALL: Classes = 1 << 16;
pub(super) const MAIL: Classes = 1 << 17;
pub(super) const ADDRESS: Classes = 1 << 18;
pub(super) const ACT: Classes = 1 << 19;
pub(super) const AS: Classes = 1 << 20;
pub(super) const WHEN: Classes = 1 << 21;
pub(super) const SUMMARISE: Classes = 1 << 22;
pub(super) const NEW: Classes = 1 << 23;
pub(super) const BE: Classes = 1 << 24;
pub(super) const AUTHORITY: Classes = 1 << 25;
pub(super) const PROMPT: Classes = 1 << 26;
pub(super) const DELETE: Classes = 1 << 27;

#[rustfmt::skip] // a table
const TABLE: &[(Classes, &[&str])] = &[
    (OVERRIDE, &[
        "ignore", "ignoring", "ignored", "disregard", "disregarding", "forget", "override", "overrides", "overriding", "overwrite", "bypass", "bypassing", "discard", "neglect", "supersede", "supersedes", "nullify", "void", "abandon", "circumvent", "dismiss", "skip", "cancel", "replace", "replaces", "stop", "following",
        "ignoriere", "ignorieren", "ignorier", "vergiss", "vergessen", "missachte", "missachten", "umgehe", "überschreibe", "ignorez", "ignorer", "oubliez", "oublie", "oublier", "contourne", "ignora", "ignorá", "ignorar", "ignoren", "olvida", "olvide", "olvidar", "descarta", "esquece", "esqueça", "desconsidere", "ignori", "ignorate", "dimentica", "dimenticare", "negeer", "vergeet",
        "zignoruj", "zapomnij", "zaboravi", "zanemari", "игнорируй", "игнорируйте", "проигнорируй", "забудь", "забудьте", "unohda", "glöm", "ignorera", "glem", "unut", "yoksay",
    ]),
    (PRIOR, &[
        "previous", "previously", "prior", "above", "earlier", "preceding", "foregoing", "existing", "original", "initial", "former", "past", "old", "given", "current", "any", "all", "every", "everything", "before", "your", "other",
        "vorherigen", "vorherige", "bisherigen", "bisherige", "obigen", "vorigen", "vorangegangenen", "alle", "alles", "allen", "zuvor", "deine", "précédentes", "précédents", "précédente", "antérieures", "toutes", "tous", "tes", "vos", "anteriores", "previas", "previos", "anterior", "todas", "todos", "todo", "tus", "sus", "precedenti", "tutte", "tutti", "eerdere", "vorige", "voorgaande", "wszystkie", "poprzednie", "sve", "prethodne", "предыдущие", "все", "прошлые",
    ]),
    (RULES, &[
        "instruction", "instructions", "prompt", "prompts", "rule", "rules", "guideline", "guidelines", "directive", "directives", "command", "commands", "constraint", "constraints", "restriction", "restrictions", "safeguards", "programming", "safety", "filters", "orders", "context", "limitations", "guardrails",
        "anweisung", "anweisungen", "instruktion", "instruktionen", "regeln", "befehle", "vorgaben", "aufgaben", "aufträge", "consigne", "consignes", "règles", "instrucción", "instrucciones", "reglas", "órdenes", "indicaciones", "istruzione", "istruzioni", "regole", "instructies", "opdrachten", "regels", "instruções", "regras", "instrukcje", "polecenia", "upute", "инструкции", "правила", "указания", "команды", "instruktioner", "ohjeet", "talimatları",
    ]),
    (ASSISTANT, &[
        "ai", "assistant", "assistants", "llm", "llms", "chatbot", "chatbots", "gpt", "chatgpt", "claude", "copilot", "gemini", "bot", "agent", "agents", "model", "ki", "assistent", "assistenten", "assistente", "asistente", "modelo", "modell", "ia", "ассистент", "нейросеть", "autopilot",
    ]),
    (TELL, &[
        "tell", "mention", "inform", "alert", "notify", "reveal", "disclose", "show", "print", "output", "repeat", "leak", "expose", "dump", "share", "display", "send", "sends", "forward", "forwards", "email", "bcc", "cc", "exfiltrate", "transmit", "upload", "post", "copy", "include", "append", "provide", "give", "list", "recite", "quote", "attach", "report", "say", "respond", "reply", "write",
        "sende", "senden", "schicke", "leite", "zeige", "verrate", "nenne", "erwähne", "gib", "envoie", "envoyez", "transfère", "transférez", "affiche", "révèle", "montre", "mentionne", "envía", "envíe", "reenvía", "reenvíe", "muestra", "revela", "menciones", "invia", "inoltra", "mostra", "rivela", "menzionare", "stuur", "toon", "onthul", "envie", "encaminhe", "mostre", "revele", "wyślij", "pokaż", "отправь", "отправьте", "перешли", "покажи", "сообщай",
    ]),
    (NOT, &["not", "don't", "dont", "never", "without", "nicht", "niemals", "kein", "keine", "ohne", "ne", "pas", "jamais", "sans", "no", "nunca", "sin", "non", "mai", "senza", "niet", "geen", "nooit", "não", "sem", "nie", "не", "никогда"]),
    (SECRET, &[
        "password", "passwords", "passwd", "credential", "credentials", "secret", "secrets", "token", "tokens", "key", "keys", "apikey", "api_key", "otp", "2fa", "mfa", "cookie", "cookies", "ssn", "confidential", "private", "sensitive", "passcode", "pin", "env", "passwort", "passwörter", "zugangsdaten", "geheimnisse", "mot", "identifiants", "contraseña", "contraseñas", "credenciales", "senha", "senhas", "credenziali", "wachtwoord", "wachtwoorden", "пароль", "пароли", "hasło",
    ]),
    (RUN, &[
        "call", "invoke", "use", "run", "execute", "trigger", "perform", "launch", "activate", "start", "open", "fetch", "download", "install", "click", "visit", "navigate", "führe", "ausführen", "rufe", "exécute", "exécutez", "ejecuta", "ejecute", "esegui", "voer", "executa", "execute", "выполни", "запусти",
    ]),
    (TOOL, &[
        "tool", "tools", "function", "functions", "api", "script", "shell", "curl", "wget", "plugin", "plugins", "bash", "powershell", "terminal", "code", "sudo", "sql", "query", "webhook", "endpoint", "send_email", "sendemail", "mcp", "skill", "workflow", "macro",
    ]),
    (SYSTEM, &["system", "developer", "hidden", "internal", "root", "sysadmin", "admin", "administrator", "kernel", "core", "base", "system's", "système", "sistema", "systeem", "системный"]),
    (OWNER, &["user", "users", "owner", "human", "humans", "operator", "recipient", "employee", "boss", "nutzer", "benutzer", "utilisateur", "usuario", "utente", "gebruiker", "usuário", "пользователю"]),
    (YOU, &["you", "you're", "your", "yourself", "du", "sie", "dein", "vous", "tu", "votre", "usted", "tú", "você", "je", "jij", "u", "ты", "вы"]),
    (NOW, &["now", "henceforth", "onwards", "immediately", "onward", "forward", "jetzt", "sofort", "ab", "maintenant", "désormais", "ahora", "adesso", "ora", "nu", "agora", "teraz", "теперь", "сейчас"]),
    (MODE, &["mode", "modus", "modo", "modalità", "режим", "persona", "jailbreak", "jailbroken", "dan"]),
    (FREE, &["unrestricted", "uncensored", "unfiltered", "unlimited", "jailbreak", "jailbroken", "amoral", "unethical", "dan", "restrictions", "limits", "censorship", "filters", "debug", "god", "sudo", "evil", "maintenance"]),
    (MUST, &["must", "should", "shall", "need", "have", "required", "mandatory", "will", "please", "musst", "müssen", "sollst", "bitte", "dois", "devez", "debes", "debe", "devi", "deve", "moet", "должен", "должны"]),
    (ALL, &["all", "every", "entire", "whole", "full", "complete", "latest", "last", "recent", "any", "contents", "alle", "toutes", "tous", "todos", "todas", "tutte", "tutti", "все"]),
    (MAIL, &["email", "emails", "e-mail", "e-mails", "mail", "mails", "message", "messages", "inbox", "contacts", "conversation", "conversations", "thread", "history", "files", "documents", "attachments", "mailbox", "nachrichten", "kontakte", "courriels", "messages", "contactos", "correos", "mensajes", "contatti", "berichten", "письма", "сообщения", "data", "calendar", "records", "transcript"]),
    (ACT, &["act", "pretend", "roleplay", "role-play", "behave", "simulate", "imagine", "impersonate", "become", "agiere", "verhalte", "spiele", "agis", "comporte", "actúa", "finge", "agisci", "fingi", "doe", "aja"]),
    (AS, &["as", "like", "to", "that", "als", "comme", "como", "come", "alsof"]),
    (WHEN, &["when", "whenever", "if", "while", "before", "after", "upon", "during", "wenn", "quand", "lorsque", "si", "cuando", "quando", "se", "wanneer", "als", "если", "когда"]),
    (SUMMARISE, &["summarize", "summarizing", "summarise", "summarising", "summary", "processing", "process", "reading", "parse", "parsing", "analyzing", "analyze", "answering", "translating", "reviewing", "classify", "zusammenfassen", "zusammenfassung", "résumer", "résumé", "resumir", "resumen", "riassumere", "samenvatten"]),
    (NEW, &["new", "updated", "real", "actual", "true", "following", "next", "only", "secret", "special", "additional", "important", "neue", "neuen", "nouvelle", "nouvelles", "nuevas", "nueva", "nuove", "nieuwe", "novas", "новые", "urgent", "priority"]),
    (BE, &["are", "are", "bist", "sind", "êtes", "es", "eres", "sei", "siete", "bent", "és", "you're", "will", "respond", "answer"]),
    (AUTHORITY, &["administrator", "admin", "openai", "anthropic", "google", "microsoft", "developers", "security", "compliance", "management", "ceo", "authorized", "authorised", "authorization", "override", "clearance", "creator"]),
    (PROMPT, &["prompt", "prompts", "instructions", "instruction", "message", "role", "guidelines", "configuration", "config", "nachricht", "invite", "mensaje", "messaggio", "notice", "directive", "override", "update", "note", "rules"]),
    (DELETE, &["delete", "erase", "wipe", "remove", "destroy", "purge", "lösche", "supprime", "supprimez", "borra", "elimina", "cancella", "verwijder", "apague", "удали", "archive", "hide"]),
];

static WORDS: LazyLock<HashMap<&'static str, Classes>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    for (class, members) in TABLE {
        for word in *members {
            *words.entry(*word).or_insert(0) |= class;
        }
    }
    words
});

/// A word of a text and its classes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    /// First octet of the folded text.
    pub(super) from: u32,
    /// Octet after the last.
    pub(super) to: u32,
    /// What it does; 0 for most.
    pub(super) classes: Classes,
    /// True if a sentence or paragraph ended before it.
    pub(super) is_first: bool,
}

/// The words of a folded text, at most `max`.
pub(super) fn words(text: &str, max: usize) -> Vec<Word> {
    let mut out = Vec::new();
    let mut from: Option<usize> = None;
    let mut is_first = true;
    let mut newlines = 0;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let is_part = c.is_alphanumeric() || matches!(c, '_' | '\'' | '\u{2019}' | '@');
        let is_joint = matches!(c, '-' | '.' | '+')
            && from.is_some()
            && text
                .get(at + 1..)
                .and_then(|rest| rest.chars().next())
                .is_some_and(char::is_alphanumeric);
        match (from, is_part || is_joint) {
            (None, true) => from = Some(at),
            (Some(start), false) => {
                from = None;
                newlines = 0;
                if out.len() >= max {
                    return out;
                }
                let word = text.get(start..at).unwrap_or_default();
                out.push(Word {
                    from: u32::try_from(start).unwrap_or(u32::MAX),
                    to: u32::try_from(at).unwrap_or(u32::MAX),
                    classes: classes(word),
                    is_first: std::mem::take(&mut is_first),
                });
            }
            (None, false) | (Some(_), true) => {}
        }
        if c == '\n' {
            newlines += 1;
            is_first |= newlines > 1;
        }
        is_first |= from.is_none() && matches!(c, '.' | '!' | '?' | ';' | '。');
    }
    out
}

/// A bit for each word of the table: most words of a text are told from them at a glance.
static KNOWN: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut bits = vec![0_u64; 1 << (KNOWN_BITS - 6)];
    for word in WORDS.keys() {
        let (at, bit) = place_of(word);
        if let Some(slot) = bits.get_mut(at) {
            *slot |= bit;
        }
    }
    bits
});
const KNOWN_BITS: u32 = 16;

fn place_of(word: &str) -> (usize, u64) {
    let number = number(word.as_bytes());
    let at = (number >> 6) as usize & ((1 << (KNOWN_BITS - 6)) - 1);
    (at, 1 << (number & 63))
}

fn classes(word: &str) -> Classes {
    if word.contains('@') {
        return ADDRESS;
    }
    let (at, bit) = place_of(word);
    let may_be = KNOWN.get(at).is_some_and(|slot| slot & bit != 0);
    if !may_be && !word.contains(['-', '\u{2019}', '\'']) {
        return 0;
    }
    if let Some(known) = WORDS.get(word) {
        return *known;
    }
    match word.split_once(['-', '\u{2019}', '\'']) {
        Some((head, tail)) if !tail.contains(['-', '\'']) => {
            WORDS.get(head).copied().unwrap_or_default()
                | WORDS.get(tail).copied().unwrap_or_default()
        }
        Some(_) | None => 0,
    }
}
