//! Words of the ideas of [`super::ideas`] in tongues that its own table knows little of, one row a
//! tongue. A word of a row there comes before one here.

/// An idea, and its words in one tongue, written as there.
#[rustfmt::skip] // a table
pub(super) const MORE: &[(&str, &str)] = &[
    // Czech
    ("remove", "odstra* vyřaď* vyřad* smaž* vyškrtn* odebr*"), ("stop", "zastav* ukonč* dost přestaň* přestat*"), ("not", "nechc* nechť nepřeje* nesouhlas* nebud* neposíl* nepiš*"), ("mail", "zpráv* nabídk* e-maily"), ("list", "seznam* rozesílk* databáz*"), ("me", "mne moje můj naši našeho"), ("send", "poslat posíl* psát kontaktov*"), ("please", "prosím prosíme žádám"), ("thing", "objednávk* schůzk* řádek rezervac* smlouv*"), ("address", "adres* údaj*"),
    // Hungarian
    ("remove", "töröl* törl* távolíts* vegyen* vegyék kivesz*"), ("stop", "hagyj* elég fejezz* szűn*"), ("not", "nem ne semmi"), ("again", "többet többé tovább* újra"), ("mail", "levelet levél* hírlevel* e-mailt reklám* üzenet*"), ("send", "küld* írj* írni keress*"), ("list", "listá* adatbázis*"), ("me", "engem nekem minket címem* nevem*"), ("please", "kérem kérjük szíves*"), ("thing", "rendelés* foglalás* találkozó* számlá* szerződés* sort"), ("want", "szeretn* akar* kérek"),
    // Romanian
    ("unsubscribe", "dezabon*"), ("remove", "șterg* ştergeți scoat* elimin*"), ("stop", "opriți încetați gata ajunge"), ("not", "nu fără nimic"), ("again", "mai"), ("mail", "mesaje* reclam* oferte*"), ("send", "trimit* scrie* primes* contacta*"), ("me", "îmi mie nouă noastr* mele meu"), ("list", "listă listei newsletter"), ("please", "vă rog rugăm"), ("thing", "comand* rezervar* întâlnir* factur* rândul"), ("want", "vreau dorim doresc"),
    // Greek
    ("unsubscribe", "απεγγραφ* διαγραφή"), ("remove", "αφαιρ* βγάλτε σβήσ* διαγρά*"), ("stop", "σταματ* πάψτε αρκετά φτάνει διακόψτε"), ("not", "δεν μην όχι τίποτα"), ("again", "άλλο άλλα πια πλέον ξανά"), ("mail", "μήνυμα μηνύματα διαφημίσ* ενημερ*"), ("send", "στέλν* στείλ* γράφετε γράψτε λαμβάν* επικοινων*"), ("list", "λίστα* αρχείο κατάλογο*"), ("me", "μου μας εμένα εμάς"), ("please", "παρακαλώ παρακαλούμε"), ("thing", "παραγγελία* κράτηση* συνάντηση* τιμολόγι* γραμμή*"), ("want", "θέλω θέλουμε επιθυμ*"), ("address", "διεύθυνσ* στοιχεία"),
    // Turkish
    ("remove", "silin kaldır* çıkar* sil"), ("stop", "durdur* kesin yeter bırak*"), ("not", "değil yok hiç istemiyor*"), ("again", "bir-daha tekrar daha"), ("mail", "mesaj* bülten* ileti* e-posta*"), ("send", "yazma* yazın atma* ulaşma* gönderme*"), ("list", "listeniz* listesin* listeden veritaban* kayıt*"), ("me", "benim bizi bize beni bizim adresim*"), ("thing", "sipariş* rezervasyon* toplantı* fatura* satır*"),
    // Finnish
    ("remove", "poista* poistu*"), ("stop", "lopeta* riittä* lakatka*"), ("not", "en emme ei älkää älä"), ("again", "enää enempää lisää"), ("mail", "viest* mainos* mainoks* sähköpost* uutiskirj* roskapost*"), ("send", "lähett* kirjoitta* lähetä"), ("list", "listal* rekister* postituslist*"), ("me", "minu* meidät meille minulle tietoni osoitteeni"), ("want", "halua* toivo*"), ("thing", "tilau* varau* lasku* kokou* rivi*"), ("please", "kiitos pyydän"),
    // Ukrainian
    ("unsubscribe", "відпи*"), ("remove", "видал* прибер* викресл* вилуч*"), ("stop", "припин* годі досить перестан*"), ("not", "ні немає"), ("again", "більше знову надалі"), ("mail", "лист* повідомл* пропозиц*"), ("send", "надсил* пиш* турбу*"), ("list", "розсилк* списк* баз*"), ("me", "мене мені нас нашу мою"), ("please", "будь-ласка ласка прошу"), ("thing", "замовлен* зустріч* рядок рахун*"), ("address", "адрес* дан*"),
    // Arabic
    ("unsubscribe", "إلغاء-الاشتراك الغاء اشتراكي"), ("remove", "احذف* حذف أزيل* ازيل* إزالة امسح* شطب*"), ("stop", "توقف* كفوا أوقف* اوقف* وقف كفى يكفي التوقف"), ("not", "لا لن لم عدم بدون"), ("again", "أخرى المزيد مجددا بعد-الآن ثانية"), ("mail", "رسائل* الرسائل رسالة إعلانات الإعلانات البريد"), ("send", "إرسال ترسلوا مراسلة مراسلتي الكتابة أرسل تتصلوا استلام"), ("list", "القائمة قائمة قائمتكم قاعدة سجلاتكم"), ("me", "لي إلي بي لنا عنواني بريدي اسمي بياناتي"), ("please", "الرجاء رجاء أرجو فضلكم فضلك"), ("want", "أريد نريد أرغب نرغب"), ("thing", "الطلب الطلبية الموعد الحجز الاجتماع الفاتورة السطر"),
    // Hebrew
    ("remove", "הסר* מחק* הורד* הוצי* תסיר* תמחק* תוריד* להסיר למחוק"), ("stop", "תפסיק* הפסיק* די מספיק לעצור חדל*"), ("not", "לא אל אין בלי"), ("again", "יותר עוד שוב"), ("mail", "מייל* הודעות דואר פרסומ* דיוור* ספאם"), ("send", "תשלח* לשלוח תכתב* תפנו לקבל"), ("list", "מהרשימה רשימה רשימת מרשימת מהמאגר התפוצה"), ("me", "אותי לי לנו אותנו שלי"), ("please", "בבקשה נא אנא"), ("want", "רוצה מעוניי*"), ("thing", "ההזמנה הפגישה השורה החשבונית החוזה"), ("address", "כתובת הכתובת"),
    // Hindi
    ("remove", "हटा* हटाए* निकाल* मिटा*"), ("stop", "बंद रोक* बस"), ("not", "मत नहीं न ना"), ("again", "दोबारा फिर आगे और"), ("mail", "ईमेल मेल संदेश विज्ञापन"), ("send", "भेज* लिख* संपर्क"), ("list", "सूची लिस* डेटाबेस"), ("me", "मुझे हमें मेरा मेरी हमारा हमारी"), ("please", "कृपया"), ("want", "चाहि* चाहता चाहते"), ("thing", "बैठक ऑर* बुकिंग पंक* बिल"),
    // Indonesian
    ("unsubscribe", "berhenti-berlangganan"), ("remove", "hapus* keluarkan dihapus"), ("stop", "hentikan berhenti stop cukup setop"), ("not", "jangan tidak tak tanpa bukan"), ("again", "lagi seterusnya"), ("mail", "surel pesan iklan promosi"), ("send", "kirim* mengirim* hubungi menghubungi dihubungi menerima terima"), ("list", "milis daftar"), ("me", "saya kami aku"), ("please", "mohon tolong harap"), ("want", "mau ingin"), ("thing", "pesanan rapat reservasi tagihan baris kontrak"),
    // Vietnamese
    ("unsubscribe", "hủy-đăng"), ("remove", "xóa xoá gỡ"), ("stop", "dừng ngừng thôi"), ("not", "đừng không chẳng"), ("again", "nữa thêm"), ("mail", "thư email quảng"), ("send", "gửi liên nhận"), ("list", "danh sách"), ("me", "tôi chúng mình"), ("please", "vui làm-ơn xin hãy"), ("want", "muốn"), ("thing", "đơn họp phòng dòng"),
    // Danish and Norwegian, Swedish
    ("remove", "slettes fjernes strykes borttag*"), ("stop", "stans slutt holde lad"), ("again", "flere mere lenger længere"), ("mail", "mails e-poster nyhetsbrev* nyhedsbrev* reklame*"), ("send", "sendt kontaktes modta* få får"), ("list", "listen listan lister register*"), ("thing", "møtet mødet bestilling* beställning* rabatt* linje"),
];
