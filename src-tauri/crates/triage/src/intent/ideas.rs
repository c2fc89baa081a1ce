//! What the words of a wish are about, whatever the language: saying no, taking away, lists, mail,
//! sending, oneself, law. A turn of phrase nobody wrote down before is made of the same ideas in
//! the same order; the learned part is told those beside the words.
//!
//! To teach it a word: put it into its row. `*` stands for any ending; a word of a script without
//! spaces is looked for anywhere.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::model::features::{hash, is_unspaced};

/// Ideas of one sentence that are looked at.
const IDEAS_MAX: usize = 40;
/// How many features an idea counts for: it is worth more than a word.
const LOUDNESS: u8 = 2;

/// An idea, and the words for it in lower case, split by spaces. Earlier rows are believed first.
#[rustfmt::skip] // a table
const IDEAS: &[(&str, &str)] = &[
    ("unsubscribe", "unsub* un-sub* unsuscr* unsubcr* unscribe opt-out* optout* deregist* unregist* unenrol* unlist* desubscr* abmeld* abbestell* austrag* désabonn* désinscri* desabonn* desinscri* desuscri* darme dadme denme dénme disiscri* uitschrij* afmeld* descadastr* cancelarinscri* wypis* rezygnuj* rezygnacj* avregistr* avprenum* framel* odhlás* отпис* iratkoz* 退订 退訂 取消订阅 取消訂閱 配信停止 購読解除 登録解除 수신거부 구독취소"),
    ("spam", "spam* spem junk harass* nuisance pester* unsolicited unwanted belästig* unerwünscht* indésirable* harcel* harcèl* molest* pesad* indesiderat* disturb* ongewenst* lastig* incomod* nęka* niechcian* спам* 垃圾邮件 骚扰 騷擾 打扰 迷惑 しつこい 스팸"),
    ("law", "gdpr dsgvo rgpd avg lgpd rodo ccpa casl pecr can-spam article artikel artículo articolo artigo art. lawyer* solicitor* attorney* anwalt* anwält* avocat* abogad* avvocat* advocaat* advogad* legal* illegal* complain* complaint* beschwer* plainte plaint* cnil aepd garante uodo cnpd ico ftc regulator* authorit* behörde* ombuds* denunci* reclam* segnal* klacht* skarg* zgłasz* zgłosz* report* signal* 投诉 举报 通報 жалоб*"),
    ("consent", "consent* permission* permit* agree* agreed authoris* authoriz* zugestimmt* einwillig* einverstanden accord consenti* autoris* consentimi* permiso autoriz* consenso autorizz* toestemming* zgod* wyraz* autoriza* 同意 согла*"),
    ("subscribe", "subscribe* subscrib* signed sign-up signup enrol* registered anmeld* angemeldet eingetragen inscri* abonn* suscri* iscri* ingeschreven aangemeld inscrev* zapis* 订阅 登録 подпис*"),
    ("remove", "remov* rmv* remvoe delet* dlete eras* expunge* purg* scrub* wip* strik* scratch* drop dropped exclud* eliminat* detach* omit* skip unlink* redact* forget forgot lösch* entfern* streich* gestrichen nehm* nimm* schmeiß* sperr* tilg* retir* supprim* effac* enlev* rayer rayez ôte* oubli* borr* elimin* quit* quít* sáque* sáca* sacar* suprim* retír* cancell* rimuov* rimozion* togli* depenn* verwijder* schrap* wis wissen haal* halen apag* remov* exclu* tirem* tire usuń* usun* wykreśl* skasuj* radera stryk slett* slet fjern* ta poista* vymaž* удал* убер* исключ* сотр* silin çıkar* 删除 刪除 删掉 移除 去掉 削除 外して 消して 抹消 삭제"),
    ("stop", "stop stops stopp stoppt stoppen stp stahp cease* desist* quit quits halt discontinu* refrain* abstain* end ends ending enough terminat* suspend* unterlass* aufhör* hör* schluss reicht genug einstell* beend* abstell* arrêt* arret* cess* stopp* suffit assez fini dej* deja* par* paren basta cesen detengan cese* smett* finit* finiam* interromp* ophoud* hou kap kappen genoeg staken parem pare chega deix* cess* dość dosyć przesta* koniec zaprzesta* sluta upphör hold lopetta* прекрат* хват* переста* довольн* dur* 停止 终止 停了 够了 やめて 止めて 停止して 그만"),
    ("never", "never nie niemals nimmer jamais nunca jamás mai nooit nigdy никогда 从未 从不 二度と"),
    ("not", "no not don't dont don doesn't didn't didnt won't can't cannot nor neither without nothing nobody none nicht nichts kein keine keinen keiner keinerlei ohne ne n'* pas rien aucun* sans ni ya sin nada ningun* ningún non niente nessun* senza niet niets geen zonder não nao nada nenhum* sem nic żadn* inte ingen inga ikke ikkje ei älkää älä neposíl* nepiš* не нет ничего 不 别 勿 没 ない ません 不要 결코 안 마세요 말아"),
    ("again", "again more further anymore anymor agian additional future henceforth onward longer ever mehr weiter* weitere künftig* wieder* nochmal* plus davantage encore désormais más mas otra sucesivo adelante più ancora oltre ulterior* meer langer weer voortaan mais novamente więcej dalsz* ponownie już flere mer enää už больше впредь artık 再 以后 今后 今後 もう これ以上 더"),
    ("list", "list lists lst mailing-list mailinglist* roster database* databas* db crm records register* spreadsheet* sequence* cadence* campaign* funnel* distribution* directory file files system systems contacts rotation drip newsletter* digest* verteiler* liste listen datenbank* kartei adressbuch* fichier* listes base bases envois lista listas archiv* boletín registros elenco rubrica database lijst* bestand* mailinglijst* nieuwsbrief* cadastro* baz* list* rejestr* рассылк* баз* списк* 名单 列表 数据库 リスト 名簿"),
    ("address", "address* adress* inbox* mailbox* details particulars contact-details data name info information adresse* postfach daten kontaktdaten namen mailadresse adresse coordonnées données dirección datos correo-electrónico buzón indirizzo dati nominativo contatto adres* gegevens endereço dados contacto contato dane danych dan* adres* skrzynk* uppgifter адрес* данн* ящик* 邮箱 地址 资料 信息 アドレス 情報 連絡先 주소"),
    ("mail", "email* e-mail* mail mails mailings mailing emial* emails message* msgs msg messages note notes pitch* follow-up* followup* solicit* outreach marketing advert* ads promotion* offer offers letters correspond* communicat* reminder* nachricht* werbung post zusendung* anschreiben angebot* newsletter courriel* mél pub pubs publicit* relance* prospection démarch* message correo* mensaj* publicidad propaganda ofert* envíos messagg* pubblicit* comunicazion* sollecit* bericht* reclame mailtj* aanbied* mensag* propagand* wiadomo* maili maile reklam* ofert* spamu mejl meddelan* письм* сообщен* 邮件 郵件 来信 广告 推销 メール 営業 案内 메일"),
    ("send", "send* sent write* writing wrote contact* reach* emailing mailing messag* bother* ping* pester* chas* bump* follow* circl* approach* pitch* target* solicit* nudg* hear hearing heard receiv* get* getting schreib* schick* send* kontaktier* anschreib* angeschrieben mailen melden hören erhalt* bekomm* ansprach* anruf* écri* envo* contact* relanc* sollicit* recev* recib* escri* envi* mand* contact* insist* busqu* llam* scriv* inv* mand* contatt* disturb* ricev* sentir* schrijv* stuur* sturen mailen benader* contacteer* ontvang* horen escrev* envi* mand* contact* contat* receb* incomod* pisz* pisa* wysył* kontakt* dzwo* dostaw* otrzym* przysył* skriv* mejla skicka* sende kontakta send pisz* пис* присыл* слать шл* получ* связыв* yazma* gönder* 发 寄 联系 聯絡 收到 送 連絡 보내"),
    ("alone", "alone peace leave lass* lasst ruhe laissez lâche* paix tranquille paz déj* déjen* pace lasciat* rust laat sossego deixem spokój zostaw* odczep* ifred покое"),
    ("away", "lost away off out buzz bugger piss sod scram raus weg verschwind* dégage* fichez fuera váyanse via weg donder rot sumam spad*"),
    ("me", "me us my our mine myself i we mich uns mir ich wir mein* unser* moi nous je mon mes notre nos m'* me mi mis nos nuestr* yo mi ci mio miei nostr* noi mij me ik wij ons mijn onze eu nós meu meus minha noss* mnie nam nas mój moje moich nasz* mig oss min mitt meg minut meille mi mě nás меня мне нас нам мой моё beni bana 我 我们 私 当社 제 나"),
    ("this", "this these those that it here dies* das hier ceci cela ça ces cette est* eso questo queste questi dit deze die isto este esta to te tych это эти 这 この これ"),
    ("your", "your yours you ur u ihr* ihre* sie euer eure* euch votre vos vous su sus ustedes tu vostr* tuo voi lei uw jullie jouw je seu sua vosso vossa vocês was* pan* er era din вы вас ваш* 你们 你 貴社 御社"),
    ("please", "please pls plz kindly could would can bitte könnten würden merci veuillez svp prière pourriez por favor ruego podría per favore prego gentilmente potreste graag gelieve alstublieft kunt wilt agradeço peço poderia proszę prosimy vänligen snälla пожалуйста прошу lütfen 请 麻烦 ください お願い 주세요"),
    ("want", "want* wish* like prefer* rather need* care* desir* möcht* will wollen wünsch* veux voul* souhait* quier* dese* voglio vogli* desider* wil wens* quer* desej* chc* życz* vill хо* istem* 想 希望 要 希望 원"),
    ("link", "link* button* page form* footer* header* product* customer* client* user* users campaign knopf kunden shop lien bouton clients enlace botón pulsante clienti knop klanten botão klienc* klient* 链接 按钮 客户 リンク ボタン 製品 顧客"),
    ("number", "item line row paragraph clause section page second third invoice order contract draft quote meeting call delivery payment machine zeile position rechnung bestellung vertrag termin ligne facture commande réunion línea factura pedido reunión riga fattura ordine riunione regel factuur bestelling vergadering linha fatura encomenda reunião lini* faktur* zamówien* spotkan* umow* 行 合同 订单 会议 発注 会議"),
];

/// The ideas of a sentence in lower case, in their order.
fn ideas(sentence: &str) -> Vec<&'static str> {
    let mut out = Vec::new();
    for word in sentence
        .split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '-' | '.'))
        .map(|word| word.trim_matches(['.', '-', '\'']))
        .filter(|word| !word.is_empty())
    {
        if out.len() >= IDEAS_MAX {
            break;
        }
        if word.chars().any(is_unspaced) {
            out.extend(WORDS.inside(word));
        } else {
            out.extend(idea_of(word));
        }
    }
    out.truncate(IDEAS_MAX);
    out
}

fn idea_of(word: &str) -> Option<&'static str> {
    WORDS.find(word)
}

static WORDS: LazyLock<Words> = LazyLock::new(Words::read);

/// The table, turned round.
struct Words {
    whole: HashMap<&'static str, usize>,
    begins: HashMap<&'static str, usize>,
    /// Words of scripts without spaces, and the row of each.
    unspaced: Option<AhoCorasick>,
    rows: Vec<usize>,
}

impl Words {
    fn read() -> Self {
        let (mut whole, mut begins) = (HashMap::new(), HashMap::new());
        let (mut unspaced, mut rows) = (Vec::new(), Vec::new());
        for (row, (_, words)) in IDEAS.iter().enumerate() {
            for word in words.split(' ') {
                match word.strip_suffix('*') {
                    Some(begin) => {
                        begins.entry(begin).or_insert(row);
                    }
                    None if word.starts_with(is_unspaced) => {
                        unspaced.push(word);
                        rows.push(row);
                    }
                    None => {
                        whole.entry(word).or_insert(row);
                    }
                }
            }
        }
        Self {
            whole,
            begins,
            unspaced: AhoCorasick::new(&unspaced).ok(),
            rows,
        }
    }

    /// The idea of the longest entry that a word begins with; a whole word comes before all.
    fn find(&self, word: &str) -> Option<&'static str> {
        let row = self.whole.get(word).or_else(|| {
            word.char_indices()
                .map(|(at, c)| at + c.len_utf8())
                .take_while(|end| *end <= BEGIN_OCTETS_MAX)
                .filter_map(|end| self.begins.get(word.get(..end)?))
                .last()
        })?;
        IDEAS.get(*row).map(|(idea, _)| *idea)
    }

    /// The ideas in a run of letters without spaces, each where it first stands.
    fn inside(&self, run: &str) -> Vec<&'static str> {
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        let hits = self
            .unspaced
            .iter()
            .flat_map(|one| one.find_overlapping_iter(run));
        for hit in hits {
            let row = self.rows.get(hit.pattern().as_usize());
            if let Some((idea, _)) = row.and_then(|row| IDEAS.get(*row)) {
                let first = found.entry(idea).or_insert(hit.start());
                *first = hit.start().min(*first);
            }
        }
        let mut found: Vec<(usize, &str)> =
            found.into_iter().map(|(idea, at)| (at, idea)).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, idea)| idea).collect()
    }
}

/// Octets of the longest beginning of a word in the table.
const BEGIN_OCTETS_MAX: usize = 32;

/// The features of the ideas of a sentence: each, each two and each three in a row, and which come
/// before which.
pub(super) fn features(sentence: &str, out: &mut Vec<u32>) {
    let ideas = ideas(sentence);
    let mut put = |name: &str| out.extend((b'A'..b'A' + LOUDNESS).map(|n| hash(n, name)));
    let mut name = String::new();
    for (at, one) in ideas.iter().enumerate() {
        put(one);
        for (gap, later) in ideas.iter().skip(at + 1).take(AHEAD_MAX).enumerate() {
            name.clear();
            name.extend([*one, "..", *later]);
            put(&name);
            if gap == 0
                && let Some(third) = ideas.get(at + 2)
            {
                name.clear();
                name.extend([*one, " ", *later, " ", *third]);
                put(&name);
            }
        }
    }
}

/// Ideas after one that are seen with it.
const AHEAD_MAX: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wish_is_the_same_ideas_in_every_language() {
        let wishes = [
            "please delete my address",
            "bitte löschen unsere mailadresse",
            "veuillez supprimer mon adresse",
            "gelieve mijn adres verwijderen",
        ];
        for text in wishes {
            let mut ideas = ideas(text);
            ideas.sort_unstable();
            assert_eq!(ideas, ["address", "me", "please", "remove"], "{text}");
        }
        assert_eq!(
            ideas("请删除我的地址"),
            ["please", "remove", "me", "address"]
        );
    }

    #[test]
    fn the_longest_beginning_of_a_word_counts() {
        assert_eq!(idea_of("unsubscribing"), Some("unsubscribe"));
        assert_eq!(idea_of("subscribing"), Some("subscribe"));
        assert_eq!(idea_of("weather"), None);
    }
}
