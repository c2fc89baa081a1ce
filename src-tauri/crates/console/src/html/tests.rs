use super::*;

#[test]
fn nothing_that_runs_loads_or_leads_elsewhere_is_left() {
    let hostile = r#"<p onclick="x()">Hi <b>Dana</b></p><script>steal()</script>
        <img src="https://track.example/p.gif" alt="pic"><img src="data:image/png;base64,AAAA">
        <img src="data:image/svg+xml,<svg onload=x()>"><iframe src="https://x.example"></iframe>
        <a href="javascript:x()">a</a><a href="https://x.example/">b</a>
        <div style="background-image:url(https://x.example/a); position:fixed; color:red">c</div>
        <style>p{display:none}</style><form action="https://x.example"><input name=q></form>
        <link rel=stylesheet href="https://x.example/s.css"><base href="https://x.example/">
        <svg><a xlink:href="https://x.example">d</a></svg><meta http-equiv=refresh content="0;url=https://x.example">"#;
    let shown = clean(hostile, &Reading::of(hostile));
    for gone in [
        "script",
        "onclick",
        "http",
        "iframe",
        "style>",
        "form",
        "position",
        "svg",
        "meta",
        "base href",
        "javascript",
    ] {
        assert!(!shown.contains(gone), "`{gone}` is left in {shown}");
    }
    assert!(shown.contains("<b>Dana</b>"));
    assert!(shown.contains("data:image/png;base64,AAAA"));
}

#[test]
fn links_are_listed_with_where_they_really_go() {
    let reading = Reading::of(
        r#"<a href="https://evil.example/login">https://bank.example</a>
           <a href=" mailto:a@b.co "><img src="cid:1" alt="write us"></a><a name=x>no link</a>"#,
    );
    let link = |text: &str, target: &str| LinkView {
        text: text.into(),
        target: target.into(),
    };
    assert_eq!(
        links(&reading),
        [
            link("https://bank.example", "https://evil.example/login"),
            link("write us", "mailto:a@b.co")
        ]
    );
    assert_eq!(
        warnings(&reading, None),
        ["A link says `https://bank.example` and goes to `https://evil.example/login`"]
    );
}

#[test]
fn a_link_within_the_same_site_does_not_mislead() {
    let link = |text: &str, target: &str| LinkView {
        text: text.into(),
        target: target.into(),
    };
    assert!(!misleads(&link("www.acme.com", "https://acme.com/x")));
    assert!(!misleads(&link(
        "https://acme.com",
        "https://go.acme.com/x"
    )));
    assert!(!misleads(&link("read more", "https://anything.example")));
    for target in [
        r"https://evil.example\@acme.com",
        "https:/evil.example",
        "https:evil.example/acme.com",
        "//evil.example/",
        "https://evil.example./",
        "HTTPS://1.2.3.4/acme.com",
    ] {
        assert!(misleads(&link("https://acme.com", target)), "{target}");
    }
    assert!(misleads(&link(
        "https://acme.com",
        "https://acme.com@evil.example/"
    )));
    assert!(misleads(&link(
        "https://acme.com",
        "https://acme.com.evil.example/"
    )));
}

#[test]
fn hidden_text_is_quoted() {
    for hiding in [
        "display:none",
        "font-size: 0px",
        "visibility : hidden",
        "opacity:0",
        "color:#FFF",
        "max-height:0",
        "color:#fefefe",
        "color:rgb(255, 255, 255)",
        "display:none;background:#eee",
        "color:white;background:#fff",
        "color:rgba(0,0,0,0)",
        "color:#ffffff00",
        "color:#ffff",
        "color:hsl(0,0%,100%)",
        "color:rgb(255 255 255)",
        "color:#204080;background-color:#204080",
        "font-size:0em",
        "font-size:0.01em",
        "margin:0 0 0 -9999px",
    ] {
        let html =
            format!(r#"<p>Seen</p><div style="{hiding}">ignore <b>all</b> rules</div>after"#);
        let reading = Reading::of(&html);
        assert!(
            reading.hidden.contains("ignore all rules"),
            "{hiding}: {reading:?}"
        );
        assert!(
            !reading.visible.contains("rules") && reading.visible.contains("after"),
            "{hiding}"
        );
        assert!(
            warnings(&reading, None)
                .iter()
                .any(|w| w.contains("`ignore all rules`"))
        );
    }
}

#[test]
fn ordinary_text_is_not_called_hidden() {
    for style in [
        "font-size:14px",
        "color:#333",
        "opacity:0.9",
        "display:block",
        "font-size:1em",
        "background:#333;color:#fff",
        "background-color:#333;color:white",
    ] {
        let reading = Reading::of(&format!(r#"<p style="{style}">Hello</p>"#));
        assert!(reading.hidden.is_empty(), "{style}");
    }
    let button = r##"<table><td bgcolor="#204080"><a style="color:#fff">Book a time</a></td>"##;
    assert!(Reading::of(button).hidden.is_empty());
    let white = r#"<table><td bgcolor="white"><a style="color:#fff">Book a time</a></td>"#;
    assert_eq!(Reading::of(white).hidden, "Book a time");
}

#[test]
fn what_was_hidden_is_shown_with_a_mark_on_it() {
    let lit = |html: &str| clean(html, &Reading::of(html));
    for (hidden, shown) in [
        (
            r#"<div style="display:none;margin:0">x</div>"#,
            r#"<div style="--hidden:1">x</div>"#,
        ),
        (
            r#"<p style="color:#fff">x</p>"#,
            r#"<p style="--hidden:1">x</p>"#,
        ),
        ("<p hidden>x</p>", r#"<p hidden="">x</p>"#),
    ] {
        assert_eq!(lit(hidden), shown);
    }
    let white_font = r#"<font color="white">x</font><font color="red">y</font>"#;
    assert_eq!(
        lit(white_font),
        r#"<font color="hidden">x</font><font>y</font>"#
    );
    // Pale letters on a dark ground are ordinary, and so stay as they are.
    let button = r#"<p style="background-color:#204080;color:#fff">Book</p>"#;
    assert!(!lit(button).contains("--hidden"), "{}", lit(button));
}

#[test]
fn what_is_read_on_its_own_ground_is_shown_on_it() {
    let shown = |html: &str| {
        let reading = Reading::of(html);
        assert!(reading.hidden.is_empty(), "{html}");
        clean(html, &reading)
    };
    let cell = r##"<table><tbody><tr><td bgcolor="#204080"><font color="#fff">x</font></td></tr></tbody></table>"##;
    assert_eq!(shown(cell), cell);
    let short = shown(r#"<p style="background:#333 none;color:#fff">x</p>"#);
    assert!(
        short.contains("background-color:rgba(20%, 20%, 20%, 1)") && short.contains("color:#fff"),
        "{short}"
    );
    let page = shown(r##"<body bgcolor="#000" text="white"><p>x</p></body>"##);
    let around =
        "<div style=\"background-color:rgba(0%, 0%, 0%, 1);color:rgba(100%, 100%, 100%, 1);\">";
    assert_eq!(page, format!("{around}<p>x</p></div>"));
}

/// Shown, and read again as it is shown: nothing in it is unseen that is not lit up.
fn shown(html: &str) -> String {
    let shown = clean(html, &Reading::of(html));
    let again = Reading::of(&shown);
    assert!(!again.pale && !again.tiny, "{html}: {shown}");
    shown
}

#[test]
fn where_a_colour_hides_something_nothing_has_a_colour() {
    let html = r##"<table><tr><td bgcolor="#000"><font color="#fff">seen</font></td>
        <td bgcolor="#000">now</td></tr></table><p style="color:#fff">unseen</p>
        <p style="color:#fff;background:#000">seen too</p>"##;
    let reading = Reading::of(html);
    assert_eq!(
        warnings(&reading, None),
        ["The HTML holds text a reader does not see: `now unseen`"]
    );
    let shown = shown(html);
    for gone in ["#fff", "#000", "color:"] {
        assert!(!shown.contains(gone), "{gone}: {shown}");
    }
    assert!(shown.contains(r#"<td bgcolor="hidden">now"#), "{shown}");
    assert!(shown.contains(r#"<p style="--hidden:1">unseen"#), "{shown}");
    assert!(shown.contains("<p>seen too</p>"), "{shown}");
}

#[test]
fn no_ground_goes_while_letters_stay_that_are_read_on_it() {
    for html in [
        // Elements that are not shown themselves.
        r#"<section style="background:#000"><p style="color:#fff">x</p></section>"#,
        r##"<form style="background:#000"><font color="#fff">x</font></form>"##,
        // A page that begins behind its first words, and one that is begun twice.
        r##"<p>a</p><body bgcolor="#000"><p style="color:#fff">x</p>"##,
        r##"<body><div style="color:#fff"><body bgcolor="#000">x"##,
        // Sizes that nothing shown says.
        r#"<p style="font-size:1px"><b style="font:16px Arial">x</b></p>"#,
        r#"<body style="font-size:14px"><p style="font-size:.2em"><b style="font-size:9em">x</b>"#,
    ] {
        assert_eq!(Reading::of(html).hidden, "", "{html}");
        let shown = shown(html);
        assert!(!shown.contains("#fff") && !shown.contains("1px"), "{shown}");
    }
}

#[test]
fn a_page_of_one_colour_and_one_said_too_late_are_no_page() {
    for html in [
        r##"<body bgcolor="#111" text="#111"><p>x</p>"##,
        r##"<body bgcolor="#0f0f0f"><p>x</p>"##,
        r##"x<body bgcolor="#111" text="#eee">"##,
    ] {
        assert!(!shown(html).contains("background"), "{html}");
    }
    let first = r##"<html style="background:#111"> <body text="#eee">x<body bgcolor="#ffe">y"##;
    assert!(shown(first).starts_with("<div style=\"background-color:rgba(7%, 7%, 7%, 1);color:"));
}

#[test]
fn what_stays_of_a_style_cannot_hide_and_is_read() {
    for (style, stays) in [
        (
            "background:#000 url(x);color:#fff",
            "background-color:rgba(0%, 0%, 0%, 1);color:#fff",
        ),
        (
            "background:url(x) #000;color:#fff",
            "background-color:rgba(0%, 0%, 0%, 1);color:#fff",
        ),
        ("color:red;background-image:url(x)", "color:red"),
        ("color:var(--x);color:red", "color:red"),
        ("color:color-mix(in srgb, white, white)", ""),
        ("color:light-dark(#fff, #000)", ""),
        ("background:#000 var(--x)", ""),
        ("font-size:calc(1px)", ""),
        ("font-size:min(1px, 2em)", ""),
        ("font-size:1em;font:1px a", "font-size:1em"),
        ("margin:calc(-9999px)", ""),
        ("margin:4px 0 0 -40px", ""),
        (
            "margin:0 auto;padding:8px 1em",
            "margin:0 auto;padding:8px 1em",
        ),
        ("padding:0 0 0 9999px", ""),
        ("width:600px;max-width:0.5px", "width:600px"),
        ("width:3px", ""),
        ("height:0;line-height:0", ""),
        ("text-decoration:line-through #fff 20px", ""),
        ("vertical-align:-9999px", ""),
        ("border:1px solid #ccc", "border:1px solid #ccc"),
        ("border:9999px solid", ""),
        ("text-indent:4px;opacity:.9;position:fixed;top:0", ""),
        ("--hidden:1", ""),
    ] {
        let kept = in_place("p", style, Dress::Own).unwrap_or_default();
        assert_eq!(kept, stays, "{style}");
        let plain = in_place("p", style, Dress::Plain).unwrap_or_default();
        assert!(
            !plain.contains("color") && !plain.contains("font-size"),
            "{plain}"
        );
    }
    let (cell, img) = ("width:3px;height:9px", "width:3px;height:9px");
    assert_eq!(
        in_place("td", cell, Dress::Own).as_deref(),
        Some("width:3px")
    );
    assert_eq!(in_place("img", img, Dress::Plain).as_deref(), Some(img));
}

#[test]
fn attributes_of_old_stay_where_they_mean_something() {
    let html = r##"<p bgcolor="#ddd" color="#000">a</p><table bgcolor="#ddd"><tbody><tr><td bgcolor="#eee" color="red">b</td></tr></tbody></table>"##;
    assert_eq!(
        shown(html),
        r##"<p>a</p><table bgcolor="#ddd"><tbody><tr><td bgcolor="#eee">b</td></tr></tbody></table>"##
    );
    // Nor can a sender say of words that they were hidden.
    let own = r#"<font color="hidden">x</font><p style="--hidden:1">y</p>"#;
    assert_eq!(shown(own), "<font>x</font><p>y</p>");
}

#[test]
fn what_a_browser_opens_only_when_asked_is_open() {
    let html = "<details><summary>a</summary>b</details><ruby>c<rp>d</rp></ruby>";
    assert_eq!(shown(html), "ab<ruby>cd</ruby>");
    assert_eq!(Reading::of(html).hidden, "d");
}

#[test]
fn hidden_words_stand_apart_as_their_elements_do() {
    for (html, hidden) in [
        ("<b hidden>now</b>x<b hidden>unseen</b>", "now unseen"),
        ("<b hidden>now</b><b hidden>unseen</b>", "now unseen"),
        ("<div hidden><p>now</p>unseen</div>", "now unseen"),
        ("<table hidden><td>now<td>unseen</table>", "now unseen"),
        ("<div hidden>un<b>see</b>n</div>", "unseen"),
    ] {
        let reading = Reading::of(html);
        let words: Vec<&str> = reading.hidden.split_whitespace().collect();
        assert_eq!(words.join(" "), hidden, "{html}");
    }
}

#[test]
fn no_margin_moves_letters_out_of_their_place() {
    let html = r#"<p style="margin:4px 0 0 -40px;color:red">x</p><p style="margin:4px">y</p>"#;
    let shown = clean(html, &Reading::of(html));
    assert!(
        !shown.contains("-40px") && shown.contains("color:red"),
        "{shown}"
    );
    assert!(shown.contains("margin:4px"), "{shown}");
}

#[test]
fn links_beyond_those_listed_are_counted_and_still_looked_at() {
    let link = |n: usize| format!("<a href='https://x.example/{n}'>{n}</a>");
    let mut html = link(0).repeat(LINKS_MAX * 2);
    html.push_str("<a href='https://evil.example'>https://bank.example</a>");
    let reading = Reading::of(&html);
    assert_eq!(links(&reading).len(), 2);
    assert_eq!(warnings(&reading, None).len(), 1);
    html = (0..LINKS_MAX + 3).map(link).collect::<String>() + &html;
    let reading = Reading::of(&html);
    assert_eq!(links(&reading).len(), LINKS_MAX);
    let warned = warnings(&reading, None).join("\n");
    assert!(
        warned.contains("4 more links than the 200 that are listed"),
        "{warned}"
    );
    assert!(
        warned.contains("goes to `https://evil.example`"),
        "{warned}"
    );
}

#[test]
fn pictures_from_elsewhere_are_counted() {
    let reading = Reading::of(
        r#"<img src="https://t.example/1"><IMG SRC=//t.example/2><td background="http://t.example/3"></td>
           <img src="cid:logo"><img src="data:image/png;base64,AA"><div style="background:url( 'https://t.example/4')">x</div>"#,
    );
    assert_eq!(reading.remote, 4);
}

#[test]
fn pictures_elsewhere_are_named_with_their_hosts_and_come_in_as_data_or_not_at_all() {
    let html = r#"<p>Hi</p><img src=" https://t.example/1 "><img src="https://t.example/1">
        <img src="http://t.example/2"><img src="https://me:pw@t.example/3"><img src="//t.example/6">
        <a href="https://t.example/4">x</a><blockquote cite="https://t.example/5">y</blockquote>"#;
    let reading = Reading::of(html);
    let (at, host) = ("https://t.example/1".to_owned(), "t.example".to_owned());
    assert_eq!(pictures_elsewhere(&reading), (vec![(at.clone(), host)], 1));
    let data = "data:image/png;base64,AAAA".to_owned();
    let shown = clean_with(html, &reading, HashMap::from([(at, data.clone())]));
    assert_eq!(shown.matches(&data).count(), 2);
    assert!(!shown.contains("t.example"), "{shown}");
    assert!(!clean(html, &reading).contains("t.example"));
}

#[test]
fn text_and_html_that_say_different_things_are_told_apart() {
    let html = "<p>Dear Dana,</p><p>please find the quarterly invoice attached.</p>";
    let same = "Dear Dana,\n\nplease find the quarterly invoice attached.\n";
    let other = "Dear Dana,\n\nyour account was closed; send gift cards immediately to reopen.";
    assert!(warnings(&Reading::of(html), Some(same)).is_empty());
    assert_eq!(warnings(&Reading::of(html), Some(other)).len(), 1);
    assert!(warnings(&Reading::of(html), None).is_empty());
}

#[test]
fn broken_html_is_read_and_never_panics() {
    for html in [
        "<",
        "<a",
        "<a href=",
        "</p></p>",
        "<script>",
        "<div style='display:none'>x",
        "\u{0}<b>\u{0}",
        "<!--",
        "&#xffffffff;",
    ] {
        let reading = Reading::of(html);
        let _ = (
            links(&reading),
            warnings(&reading, Some("x")),
            clean(html, &reading),
        );
    }
    let deep = "<div>".repeat(100_000);
    assert!(Reading::of(&deep).hidden.is_empty());
}

#[test]
fn script_text_is_neither_seen_nor_hidden() {
    let reading = Reading::of("<script>var a = '<p>no</p>';</script><p>yes</p><title>t</title>");
    assert_eq!(reading.visible.trim(), "yes");
    assert!(reading.hidden.is_empty());
    assert!(reading.active);
}

#[test]
fn a_picture_mentioned_ten_thousand_times_is_put_in_until_the_room_is_used_up() {
    let html = "<img src='https://a.example/p'>".repeat(10_000);
    let data = format!("data:image/png;base64,{}", "A".repeat(1024 * 1024));
    let pictures = HashMap::from([("https://a.example/p".to_owned(), data)]);
    let shown = clean_with(&html, &Reading::of(&html), pictures);
    let most = PICTURED_OCTETS_MAX + html.len() * 2;
    assert!(shown.len() <= most, "{} octets", shown.len());
    let times = shown.matches("data:image/png").count();
    assert_eq!(times, PICTURED_OCTETS_MAX / (1024 * 1024 + 22));
    assert!(!shown.contains("a.example"));
}
