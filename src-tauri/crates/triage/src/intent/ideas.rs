//! What the words of a wish are about, whatever the language: saying no, taking away, lists, mail,
//! sending, oneself, law. A turn of phrase nobody wrote down before is made of the same ideas in
//! the same order; the learned part is told those beside the words.
//!
//! To teach it a word: put it into its row. `*` stands for any ending; a word of a script without
//! spaces is looked for anywhere; two words with a hyphen between them are found with a space too.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use unicode_normalization::UnicodeNormalization;

use super::tongues::MORE;
use crate::model::features::{hash, is_unspaced};

/// Ideas of one sentence that are looked at.
const IDEAS_MAX: usize = 40;
/// How many features an idea counts for: it is worth more than a word.
const LOUDNESS: u8 = 2;

/// An idea, and the words for it in lower case, split by spaces. Earlier rows are believed first.
#[rustfmt::skip] // a table
const IDEAS: &[(&str, &str)] = &[
    ("unsubscribe", "unsub* un-subs* unsuscr* unsubcr* unscribe opt-out* optout* opt-me-out deregist* unregist* unenrol* unlist* desubscr* abmeld* abbestell* austrag* désabonn* désinscri* desuscri* darme dadme denme darnos darse dése disiscri* uitschrij* afmeld* descadastr* descadastro desinscrev* cancelarinscri* wypis* rezygnuj* rezygnacj* avregistr* avprenum* framel* avmeld* odhlás* отпис* iratkoz* 退订 退訂 取消订阅 取消訂閱 配信停止 購読解除 登録解除 수신거부 구독취소 구독해지"),
    ("spam", "spam* spem junk harass* nuisance pester* unsolicited unwanted uninvited intrus* insist* persist* nag nagging nags badger* hound* hassl* clutter* bombard* belästig* unerwünscht* aufdringlich* nerv* zumüll* indésirable* harcel* harcèl* importun* molest* pesad* acos* indesiderat* insisten* disturb* scocci* ongewenst* lastig* opdringer* hinder* incomod* chate* nęka* niechcian* męcz* natręt* oönskad* tjat* uønsket* mas nevyžádan* спам* навяз* надоед* докуча* 垃圾邮件 骚扰 騷擾 打扰 烦 迷惑 しつこい 스팸 귀찮"),
    ("law", "gdpr dsgvo rgpd avg lgpd rodo ccpa casl pecr can-spam article artikel artículo articolo artigo art. lawyer* solicitor* attorney* counsel anwalt* anwält* rechtsanwalt* avocat* juridique* abogad* avvocat* legale advocaat* advogad* prawnik* legal* illegal* rechtswidrig* unzulässig* untersag* forbid* prohibit* verbiet* verboten interdi* prohíb* prohib* divieto diffid* verbied* proíb* zakaz* complain* complaint* beschwer* plainte plaint* cnil aepd garante uodo cnpd ico ftc regulator* authorit* behörde* ombuds* denunci* reclam* segnal* klacht* skarg* zgłasz* zgłosz* report* signal* anmäl* klage 投诉 举报 违法 通報 違法 жалоб* закон*"),
    ("consent", "consent* permission* permit* agree* agreed authoris* authoriz* allow* zugestimmt* zustimm* einwillig* einverstanden erlaub* accord consenti* autoris* consentimi* permiso autoriz* consenso autorizz* toestemming* zgod* wyraz* autoriza* samtyck* samtykk* tillåt* 同意 授权 許可 承諾 согла* разреш* 동의"),
    ("subscribe", "subscribe* subscrib* signed sign-up signup enrol* registered join* joined anmeld* angemeldet eingetragen inscri* inscrit* abonn* suscri* apunt* iscri* iscritt* ingeschreven aangemeld inscrev* zapis* prenumer* påmeld* 订阅 注册 登録 подпис*"),
    ("forget", "forget* forgot vergess* vergiss oubli* olvid* dimentic* scord* vergeet* vergeten esque* zapomn* glöm* glem* забуд* забы* 忘"),
    ("remove", "remov* rmv* remvoe delet* dlete eras* expunge* purg* scrub* scrap* wip* wipe strik* struck scratch* drop dropped exclud* eliminat* detach* omit* skip unlink* redact* destroy* discard* ditch* expung* retire* revok* withdraw* withdrew lösch* entfern* streich* gestrichen nehm* nimm* nehmt schmeiß* schmeiss* sperr* tilg* vernicht* widerruf* rausnehm* retir* supprim* effac* enlev* rayer rayez raye ôte* oter otez révoqu* détrui* borr* elimin* quit* sáque* sáca* saqu* sacar* suprim* retír* revoc* cancell* rimuov* rimozion* togli* tolgan* tirat* depenn* verwijder* schrap* wis wissen haal* halen gooi* trek apag* exclu* tirem* tire revog* usuń* usun* wykreśl* skasuj* wycof* cofam radera stryk* raderas slett* slet fjern* tag ta plocka poista* vymaž* удал* убер* убра* исключ* сотр* вычерк* отзыв* silin çıkar* 删除 刪除 删掉 移除 去掉 删 撤回 清除 削除 外して 消して 抹消 除外 삭제 제거"),
    ("stop", "stop stops stopp stoppt stoppen stopped stp stahp cease* desist* quit quits halt halts discontinu* refrain* abstain* end ends ending enough terminat* suspend* switch turn kill pause unterlass* unterläss* aufhör* hör* schluss reicht genug einstell* beend* abstell* abschalt* absehen abzusehen arrêt* arret* cess* stopp* suffit assez fini finissez dej* deja* par* paren pare basta cesen cesad detengan cese* smett* finit* finiam* interromp* cessi* cessat* ophoud* hou kap kappen genoeg staken stopt parem chega deix* pára dość dosyć przesta* koniec zaprzesta* wstrzym* sluta upphör slutt slut hold lopetta* přestaň* прекрат* хват* переста* довольн* стоп dur* 停止 终止 停了 够了 停 住手 やめて 止めて 停止して 中止 終了 그만 중단 중지"),
    ("never", "never nie niemals nimmer nimmermehr jamais nunca jamás mai nooit nigdy aldrig aldri koskaan никогда 从未 从不 永远 二度と 決して 절대"),
    ("not", "no not nope nah don't dont don doesn't didn't didnt won't wouldn't shouldn't can't cannot nor neither without nothing nobody none zero nicht nichts kein keine keinen keiner keinerlei ohne nein ne n' pas rien aucun* sans ni point ya sin nada ningun* ningún tampoco non niente nessun* senza nulla niet niets geen zonder niks não nao nenhum* sem nem nic żadn* bez inte ingen inga inget intet ikke ikkje ei älkää älä neposíl* nepiš* nei nej не нет ничего никак* без 不 别 勿 没 无 ない ません 不要 无需 无须 いりません 要りません 결코 안 마세요 말아 말고"),
    ("again", "again more further anymore anymor agian additional future hence henceforth onward onwards longer ever mehr weiter* weitere künftig* zukünftig* zukunft wieder* nochmal* nochmals plus davantage encore désormais avenir nouveau más otra sucesivo adelante nuevamente futuro volver vuelv* vuelt* più ancora oltre ulterior* meer langer weer voortaan opnieuw toekomst verder* mais novamente volt* więcej dalsz* ponownie już przyszłości flere mer enää framöver igen igjen fremover už больше впредь снова ещё дальше artık 再 以后 今后 往后 今後 もう これ以上 再び 더 앞으로 다시"),
    ("list", "list lists lst mailing-list mailinglist* roster database* databas* db crm records register* spreadsheet* sequence* cadence* campaign* funnel* distribution* directory file files system systems contacts rotation drip newsletter* digest* radar recipients circulation automation prospect* verteiler* liste listen datenbank* kartei adressbuch* unterlagen kampagne* empfänger* fichier* listes base bases envois campagne* destinataire* carnet lista listas listado* archiv* boletín registros campaña* destinatario* contactos elenco rubrica database campagn* contatti indirizzario lijst* bestand* mailinglijst* nieuwsbrief* adressenbestand systeem cadastro* campanha* baz* list* rejestr* kampani* register utskick* liste* arkiv рассылк* баз* списк* реестр* контакт* 名单 列表 数据库 群发 系统 通讯录 リスト 名簿 データベース 宛先 명단 목록"),
    ("address", "address* adress* inbox* mailbox* details particulars contact-details data name info information domain entry record account mailadresse adresse postfach daten kontaktdaten namen mailadresse eintrag coordonnées données boîte domaine dirección datos correo-electrónico buzón dominio nombre indirizzo dati nominativo contatto casella recapito adres* gegevens naam postvak endereço dados contacto contato nome caixa dane danych skrzynk* dan* uppgifter epost e-post innboks opplysninger oplysninger адрес* данн* ящик* имя почт* 邮箱 地址 资料 信息 名字 アドレス 情報 連絡先 個人情報 주소 이메일"),
    ("last", "last final finally lasts letzte* letzten dernier* dernière* último* ultima* última* ultimo* laatste ostatni* sista siste последн* 最后 最後 마지막"),
    ("mail", "email* e-mail* mail mails mailings mailing emial* emails message* msgs msg messages note notes pitch* follow-up* followup* solicit* outreach marketing advert* ads promotion* promo* offer offers letters correspond* communicat* reminder* newsletters brochure* nachricht* werbung post zusendung* anschreiben angebot* kontaktaufnahme* kontaktversuch* nachfass* courriel* mél pub pubs publicit* relance* prospection démarch* communication* correo* mensaj* publicidad propaganda ofert* envíos comunicacion* messagg* pubblicit* comunicazion* sollecit* promozion* bericht* reclame mailtj* aanbied* mensag* propagand* publicidade comunica* wiadomo* maili maile reklam* korespond* mejl meddelan* utskick* besked* henvendels* письм* сообщен* реклам* предложен* 邮件 郵件 来信 广告 推销 营销 信息 メール 営業 案内 宣伝 広告 勧誘 메일 광고"),
    ("send", "send* sent write* writing wrote rewrite contact* reach* emailing mailing messag* bother* ping* chas* bump* follow* circl* approach* pitch* target* solicit* nudg* hear hearing heard receiv* get* getting keep keeps dealings dealing check try trying come advertis* sell selling market use using includ* schreib* schick* kontaktier* anschreib* angeschrieben mailen melden hören erhalt* bekomm* ansprach* anruf* anzuschreib* nachzuhak* écri* envo* relanc* sollicit* recev* reçoi* écriv* entend* inclu* récriv* recib* escri* envi* mand* busqu* llam* ponerse pongan conten* scriv* riscriv* inv* contatt* ricev* sentir* scriva* cercat* schrijv* stuur* sturen benader* contacteer* ontvang* horen hoor escrev* contat* receb* enviar pisz* pisa* wysył* wysyl* kontakt* dzwo* dostaw* dosta* otrzym* przysył* skriv* mejla skicka* sende sender kontakta motta* hör höra пис* пиш* присыл* прислать слать шл* получ* связыв* звон* yazma* gönder* 发 寄 联系 聯絡 收到 送 写信 接收 連絡 送信 届 보내 연락"),
    ("spare", "spare save bother trouble effort waste verschon* erspar* spar* mühe épargn* peine gaspill* ahorr* moleste* pierd* risparmi* bespaar* moeite poup* incómodo oszczęd* bespar* spar 费心 手間"),
    ("alone", "alone peace leave lass* lasst ruhe verschont laissez lâche* paix tranquille foutez fichez paz déj* déjen* tranquil* pace lasciat* rust laat sossego deixem spokój zostaw* odczep* ifred fred покое"),
    ("away", "lost away off out buzz bugger piss sod scram go raus weg heraus ab aus verschwind* dégage* dehors fuera váyanse via fuori donder rot uit af fora sumam spad* bort ut vekk væk 出去"),
    ("close", "clos* shut finish* schließ* schliess* geschlossen abschließ* ferm* clôtur* clos cerr* cierr* chiud* chius* sluit* gesloten afgeslot* fech* encerr* zamkn* zamyk* stäng* lukk* закр* 关闭 結束"),
    ("self", "i we im i'm i'd i've we're we've ich wir je j' yo io noi ik wij eu nós jag jeg vi я мы i'll we'll we'd nosotros"),
    ("me", "me us my our mine myself ourselves mich uns mir mein* unser* moi nous mon mes notre nos m'* mi mis nuestr* conmigo ci mio mia miei nostr* mij ons mijn onze meu meus minha noss* comigo connosco mnie nam nas mój moje moich nasz* mną mig oss min mitt meg minut vårt vår mille mě nás меня мне нас нам мой моё мной beni bana 我 我们 私 当社 弊社 僕 제 나 저"),
    ("this", "this these those that it here dies* diese* das da hier ceci cela ça ces cette est* eso esto aquí ello questo queste questi ciò qui dit deze die dat isto este esta aqui isso to te tych tego det detta dette это эти этого 这 此 这样 この これ こういう"),
    ("your", "your yours you ur u y'all ihr* ihre* sie ihnen euer eure* euch votre vos vous su sus ustedes vosotr* vuestr* tu vostr* tuo voi lei vi uw jullie jouw je seu sua vosso vossa vocês vós was* pan* państw* er era ert deres jeres din dina вы вас ваш* вам 你们 你 贵司 您 貴社 御社 そちら 귀사"),
    ("please", "please pls plz kindly could would can bitte könnten könnt würden dürfte merci veuillez svp prière pourriez pouvez priez prie por favor ruego podría* pido agradec* per favore prego gentilmente potreste chiedo pregh* graag gelieve alstublieft alsjeblieft kunt wilt verzoek* agradeço peço poderia podem proszę prosimy mogliby vänligen snälla kan venligst vær пожалуйста прошу lütfen 请 麻烦 拜托 ください お願い いただけ 주세요 부탁"),
    ("want", "want* wish* like prefer* rather desir* möcht* will wollen wünsch* gewünscht veux veut voul* souhait* quier* dese* querem* voglio vogli* desider* gradis* wil wens* gewenst prijs quer* desej* pretend* gostar* chc* życz* vill vil ønsk* önsk* хо* жела* istem* 想 希望 要 愿 たい 欲しい 원"),
    ("interest", "interest* need* requir* fit fits budget pass priorit* demand interesse* bedarf interessier* brauch* benötig* intérêt* intéress* besoin* interes* necesit* interess* bisogno serve behoefte nodig precis* necessit* potrzeb* zainteresow* behov intress* нужн* интерес* актуальн* 需要 兴趣 用不上 必要 興味 見送 필요 관심"),
    ("now", "now today yet currently moment present later next month* week* quarter year spring summer autumn winter january february march april june july august september october november december monday tuesday wednesday thursday friday derzeit später aktuell momentan vorerst zurzeit montag* herbst frühjahr instant tard plus-tard lundi automne printemps momento ahora luego después lunes otoño adesso ora dopo poi lunedì autunno nu straks voorlopig maandag agora depois por-agora segunda teraz później razie just senare våren hösten nå høsten akkurat сейчас позже пока 目前 现在 暂时 今 今回 来年 時期 지금 나중"),
    ("keep", "keep* stay* remain* continu* carry behalt* bleib* halten rest* gard* qued* seguir siga* sigan manten* rimane* rimang* tenet* blijf* houd* fic* mant* zosta* behåll* fortsätt* fortsett* продолж* остав* 保留 继续 続け 계속"),
    ("link", "link* http button* page form* footer* header* product* customer* client* user* users subscriber* template tool dashboard settings campaign knopf kunden kundin shop seite nutzer* vorlage lien bouton clients modèle enlace botón página usuario* plantilla pulsante clienti pagina utent* modello knop klanten gebruiker* botão klienc* klient* stron* utilizador* kund* knapp sida side клиент* страниц* 链接 按钮 客户 页面 用户 リンク ボタン 製品 顧客 ページ"),
    ("thing", "item line row paragraph clause section sentence word chapter page second third fourth invoice* bill order* contract* agreement draft* quote* quotation estimate* proposal budget price* fee* discount surcharge tax vat meeting* call appointment delivery shipment shipping goods boxes parcel payment* machine* device alarm engine boiler option module seat* licen* report* document* form paper* scan originals slide* logo photo picture watermark desk room taxi train bus hotel position zeile* absatz absätze satz seite rechnung* bestellung* vertrag* entwurf angebotsposition termin* lieferung* ware maschine* gerät* anlage barzahlung zahlung* preis* rabatt dokument* ligne* facture* commande* contrat* devis réunion* livraison* option* remise prix paragraphe transport línea* factura* pedido* contrato* presupuesto reunión* entrega* recargo iva precio* párrafo módulo riga righe fattur* ordin* contratt* preventivo riunion* consegn* sconto modulo ritard* offerta prezz* regel* factu* bestelling* offerte* vergadering* levering* prijs* linha* fatura* encomenda* orçamento reunião catálogo transporte preç* pozycj* lini* faktur* zamówien* umow* spotkan* dostaw* cen* rad rader faktura* order offert* avtal* möte leverans linje* tilbud kontrakt* møte пункт* счёт* счет* договор* заказ* встреч* поставк* накладн* строк* 行 合同 订单 会议 报价 发票 运费 条款 段落 发货 図 行目 見積* 請求書 契約 納品 注文 会議 資料 견적 계약 송장"),
    ("fail", "broken error* bug bugs throw* fail* problem* crash* fix* repair* resend re-send resent missing arriv* bounce* blocked locked down verify prüf* fehler* kaputt klappt funktionier* erreur* problème* vérif* renvoy* marche fallo* verific* reenv* llega* problema* errore* controll* rimand* fout* werkt klopt controleer* erro* falha* reenvi* chega* błąd błęd* spraw* ponownie fel kolla ошибк* проверь* повторно 错误 问题 再发一次 重发 エラー 確認 再送 届か 오류"),
    ("glad", "great love* glad happy keen thanks thank appreciat* delight* excited welcome gern* freu* toll danke super content* heureu* ravi* plaisir gracias encanta* feliz felices grazie felic* piacere volentieri blij fijn bedankt graag-gedaan obrigad* prazer chętnie dzięk* cieszy tack kul takk tak рад* спасибо 喜欢 谢谢 高兴 嬉しい ありがとう 感謝 楽しみ 감사"),
    ("ask", "how why who whom where when what which whose wie warum wer wo wann woher wozu weshalb comment pourquoi qui où quand cómo quién dónde cuándo come perché chi dove quando hoe waarom waar wanneer como porquê quem onde jak dlaczego kto gdzie skąd hur varför vem hvor hvorfor hvordan как почему кто где откуда зачем 怎么 为什么 谁 如何 哪里 どう なぜ 誰 どこ 어떻게 왜"),
    ("they", "he she they him her them their his colleague* boss team director kollege* kollegin* chef er frau herr il elle lui leur collègue* él ella ellos compañer* jefe collega* loro capo hij zij hem haar ele ela eles colega* chefe on ona kolega* kollega* han hon он она коллег* 他 她 他们 同事 彼 彼女 同僚"),
];

/// The ideas of a sentence in lower case, in their order.
fn ideas(sentence: &str) -> Vec<&'static str> {
    let mut out = Vec::new();
    let mut words = sentence
        .split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '-' | '.' | '@'))
        .map(|word| word.trim_matches(['.', '-', '\'', '@']))
        .filter(|word| !word.is_empty())
        .peekable();
    while let Some(word) = words.next() {
        if out.len() >= IDEAS_MAX {
            break;
        }
        if let Some(idea) = words.peek().and_then(|next| WORDS.pair(word, next)) {
            out.push(idea);
            words.next();
        } else if word.contains('@') {
            out.push(ADDRESS);
        } else if word.chars().any(is_unspaced) {
            out.extend(WORDS.inside(word));
        } else {
            let before = out.len();
            of_word(&unaccented(word), &mut out);
            let is_new = out.len() == before;
            let idea = if word.starts_with(|c: char| c.is_ascii_digit()) {
                NUMBER
            } else {
                UNKNOWN
            };
            // What is done to a thing nobody wrote down is done to something else than us.
            if is_new && word.len() >= UNKNOWN_OCTETS_MIN && out.last() != Some(&idea) {
                out.push(idea);
            }
        }
    }
    out.truncate(IDEAS_MAX);
    out
}

/// Where mail goes, written out.
const ADDRESS: &str = "address";
/// Words that stand in no row, a run of them as one.
const UNKNOWN: &str = "?";
/// Numbers: of orders, days, rows.
const NUMBER: &str = "#";
/// Octets from which a word counts as unknown.
const UNKNOWN_OCTETS_MIN: usize = 3;

/// The ideas of a word: what was run together is taken apart ("n'écrivez", "retirez-moi",
/// "toglietemi").
fn of_word(word: &str, out: &mut Vec<&'static str>) {
    if let Some((short, rest)) = word.split_once('\'')
        && matches!(short, "m" | "n" | "j" | "l" | "d" | "s" | "t" | "c" | "qu")
    {
        out.extend(match short {
            "m" | "j" => Some("me"),
            "n" => Some("not"),
            _ => None,
        });
        return of_word(rest, out);
    }
    let found = WORDS.find(word);
    let first = word.find('-').unwrap_or(word.len());
    if first < word.len() && found.is_none_or(|(_, read)| read <= first) {
        return word.split('-').for_each(|part| of_word(part, out));
    }
    if let Some((idea, read)) = found {
        out.push(idea);
        let rest = word.get(read..).unwrap_or_default();
        let is_deed = matches!(
            idea,
            "remove" | "send" | "alone" | "unsubscribe" | "forget" | "spam"
        );
        if is_deed && TO_ME.iter().any(|end| rest.ends_with(end)) {
            out.push("me");
        }
    }
}

/// How verbs end that are about the writer, in languages that write it there.
const TO_ME: &[&str] = &[
    "rme", "nme", "eme", "dme", "ame", "rnos", "nnos", "enos", "anos", "temi", "rmi", "ami", "imi",
    "teci", "rci",
];

/// Letters without their accents, as people in a hurry write them; scripts whose marks are letters
/// stay as they are.
pub(super) fn unaccented(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'ł' => out.push('l'),
            'ø' => out.push('o'),
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'ё' => out.push('е'),
            '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => {
                out.extend(c.nfd().filter(|c| c.is_alphabetic()));
            }
            _ => out.push(c),
        }
    }
    out
}

static WORDS: LazyLock<Words> = LazyLock::new(Words::read);

/// The table, turned round.
struct Words {
    whole: HashMap<String, usize>,
    begins: HashMap<String, usize>,
    /// Words of scripts without spaces, and the row of each.
    unspaced: Option<AhoCorasick>,
    rows: Vec<usize>,
}

impl Words {
    fn read() -> Self {
        let (mut whole, mut begins) = (HashMap::new(), HashMap::new());
        let (mut unspaced, mut rows) = (Vec::new(), Vec::new());
        let row_of = |idea: &str| IDEAS.iter().position(|(name, _)| *name == idea);
        let own = IDEAS
            .iter()
            .enumerate()
            .map(|(row, (_, words))| (row, words));
        let more = MORE.iter();
        let more = more.filter_map(|(idea, words)| Some((row_of(idea)?, words)));
        for (row, words) in own.chain(more) {
            for word in words.split(' ') {
                let begin = word.trim_end_matches('*');
                if begin.starts_with(is_unspaced) {
                    unspaced.push(begin);
                    rows.push(row);
                } else if begin.len() < word.len() {
                    begins.entry(unaccented(begin)).or_insert(row);
                } else {
                    whole.entry(unaccented(begin)).or_insert(row);
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

    /// The idea of the longest entry that a word begins with, and the octets of it; a whole word
    /// comes before all.
    fn find(&self, word: &str) -> Option<(&'static str, usize)> {
        let (row, read) = match self.whole.get(word) {
            Some(row) => (row, word.len()),
            None => word
                .char_indices()
                .map(|(at, c)| at + c.len_utf8())
                .take_while(|end| *end <= BEGIN_OCTETS_MAX)
                .filter_map(|end| Some((self.begins.get(word.get(..end)?)?, end)))
                .last()?,
        };
        IDEAS.get(*row).map(|(idea, _)| (*idea, read))
    }

    /// The idea of two words that stand in the table with a hyphen between them.
    fn pair(&self, one: &str, next: &str) -> Option<&'static str> {
        if one.len() + next.len() >= BEGIN_OCTETS_MAX || one.contains(['-', '@']) {
            return None;
        }
        let pair = unaccented(&format!("{one}-{next}"));
        let first = pair.find('-')?;
        let (idea, read) = self.find(&pair)?;
        (read > first + 1).then_some(idea)
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

/// The features of the ideas of a sentence: each, the first and the last, each two and each three in a row, and which come
/// before which.
pub(super) fn features(sentence: &str, out: &mut Vec<u32>) {
    let ideas = ideas(sentence);
    let mut put = |name: &str| out.extend((b'A'..b'A' + LOUDNESS).map(|n| hash(n, name)));
    let mut name = String::new();
    for (mark, end) in [("^", ideas.first()), ("$", ideas.last())] {
        if let Some(end) = end {
            name.clear();
            name.extend([mark, *end]);
            put(&name);
        }
    }
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
    fn every_row_of_the_other_tongues_is_of_an_idea() {
        for (idea, words) in MORE {
            assert!(IDEAS.iter().any(|(name, _)| name == idea), "{idea}");
            assert!(words.split(' ').all(|word| !word.is_empty()), "{idea}");
        }
        assert_eq!(ideas("töröljenek a listáról"), ["remove", "list"]);
        assert_eq!(ideas("احذفوا عنواني من القائمة")[..2], ["remove", "me"]);
    }

    #[test]
    fn words_run_together_are_taken_apart() {
        for text in ["n'écrivez", "ne écrivez", "n'ecrivez"] {
            assert_eq!(ideas(text), ["not", "send"], "{text}");
        }
        for text in [
            "retirez-moi",
            "toglietemi",
            "borrarnos",
            "elimíneme",
            "remova-me",
        ] {
            assert_eq!(ideas(text), ["remove", "me"], "{text}");
        }
        assert_eq!(ideas("opt-out"), ["unsubscribe"]);
    }

    #[test]
    fn two_words_are_one_idea_where_the_table_says_so() {
        let cases = [
            ("opt out", vec!["unsubscribe"]),
            (
                "tolong berhenti berlangganan",
                vec!["please", "unsubscribe"],
            ),
            ("bir daha yazmayın", vec!["again", "send"]),
            ("نريد إلغاء الاشتراك", vec!["want", "unsubscribe"]),
        ];
        for (text, wanted) in cases {
            assert_eq!(ideas(text), wanted, "{text}");
        }
    }

    #[test]
    fn an_address_is_one_however_it_reads() {
        assert_eq!(
            ideas("opt out stop.the@train.example now"),
            ["unsubscribe", "address", "now"]
        );
    }

    #[test]
    fn the_longest_beginning_of_a_word_counts() {
        let idea = |word: &str| ideas(word).first().copied();
        assert_eq!(idea("unsubscribing"), Some("unsubscribe"));
        assert_eq!(idea("subscribing"), Some("subscribe"));
        assert_eq!(idea("weather"), Some("?"), "a thing no row knows");
        assert_eq!(idea("412"), Some("#"));
        assert_eq!(idea("xy"), None);
    }
}
