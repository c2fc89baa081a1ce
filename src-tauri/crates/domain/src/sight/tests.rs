use super::*;

fn hidden(styles: &[&str]) -> bool {
    let mut sight = Sight::default();
    for style in styles {
        sight.opens("div", styled(style));
    }
    sight.words().is_some()
}

fn styled(style: &str) -> Looks<'_> {
    Looks {
        style,
        ..Looks::default()
    }
}

/// The words of this that are not seen. Attributes are in double quotes, and there are no entities.
fn unseen(html: &str) -> String {
    let mut sight = Sight::default();
    let mut found = String::new();
    for piece in html.split('<') {
        let (tag, text) = piece.split_once('>').unwrap_or(("", piece));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let attribute = |wanted: &str| {
            let (_, rest) = attributes.split_once(&format!("{wanted}=\""))?;
            Some(rest.split_once('"')?.0)
        };
        match name.strip_prefix('/') {
            Some(name) => sight.closes(name),
            None if name.is_empty() => {}
            None => {
                sight.opens(name, Looks::of(name, attribute));
            }
        }
        if !text.is_empty() && sight.words().is_some() {
            found.push_str(text);
        }
    }
    found
}

#[test]
fn what_the_eye_does_not_see_is_hidden_however_it_is_written() {
    for style in [
        "display:none",
        "DISPLAY : none !important",
        "dis\\70lay:none",
        "display:/**/none",
        "visibility:collapse",
        "opacity:0",
        "opacity:3%",
        "font-size:0",
        "font-size:0em",
        "font-size:0.01em",
        "font-size:1px",
        "font-size:2%",
        "font-size:0;font-size:x",
        "font-size:0!important;font-size:14px",
        "color:#fff !important;color:#000",
        "font:0/0 a",
        "font:bold 1px Arial",
        "max-height:0px",
        "height:0;overflow:hidden",
        "mso-hide:all",
        "color:transparent",
        "color:rgba(0,0,0,0)",
        "color:rgb(0 0 0 / 2%)",
        "color:#ffffff00",
        "color:#fff",
        "color:#ffff",
        "color:#FEFEFE",
        "color:snow",
        "color:hsl(0,0%,100%)",
        "color:rgb(255 255 255)",
        "color:rgb(100%, 100%, 100%)",
        "color:lab(99% 0 0)",
        "color:color(srgb 1 1 1)",
        "color:Canvas",
        "color:#204080;background-color:#204080",
        "color:#333;background:url(x.png) #343434 no-repeat",
        "margin:0 0 0 -9999px",
        "margin-left:-20em",
        "text-indent:-9999px",
        "position:absolute;left:-999em",
    ] {
        assert!(hidden(&[style]), "{style}");
    }
}

#[test]
fn ordinary_looks_hide_nothing() {
    for style in [
        "",
        "font-size:14px;color:#333",
        "font-size:0.9em",
        "font-size:90%",
        "font-size:small",
        "font:400 14px/20px Arial",
        "font:inherit",
        "opacity:.9",
        "display:block;margin:0 -8px",
        "background:#333;color:#fff",
        "color:white;background:linear-gradient(red, blue), navy",
        "color:yellow",
        "text-indent:-1.5em",
        "height:0",
        "nonsense;:;}{color",
    ] {
        assert!(!hidden(&[style]), "{style}");
    }
}

#[test]
fn colours_and_sizes_come_from_around() {
    assert!(hidden(&["background:#333;color:#fff", "background:#fff"]));
    assert!(!hidden(&["background:#204080", "color:#fff"]));
    assert!(hidden(&["background:#204080", "color:#1f3f7f"]));
    assert!(hidden(&["font-size:.4em", "font-size:.4em"]));
    assert!(hidden(&["font-size:0", "font-size:inherit"]));
    // What hides one does not hide what says otherwise in it.
    assert!(!hidden(&["font-size:0", "font-size:14px"]));
    assert!(!hidden(&["color:#fff", "color:#000"]));
    assert!(hidden(&["display:none", "display:block;color:#000"]));
    let mut sight = Sight::default();
    let navy = Looks {
        ground: Some("#204080"),
        ..Looks::default()
    };
    let white = Looks {
        colour: Some("white"),
        ..Looks::default()
    };
    assert_eq!(sight.opens("div", navy), None);
    assert_eq!(sight.opens("span", white), None);
    sight.closes("div");
    assert_eq!(sight.opens("span", white), Some(3));
    assert_eq!(sight.opens("b", Looks::default()), None);
    let pale = Unseen {
        why: Why::Pale,
        by: 3,
    };
    assert_eq!(sight.words(), Some(pale));
}

#[test]
fn of_two_that_say_the_same_thing_the_last_is_believed() {
    for style in [
        "background-color:#000;background:#fff;color:#fff",
        "background:#000;background-color:#fff;color:#fff",
        // A background without a colour paints none.
        "background-color:#000;background:none;color:#fff",
        "background:#000;background:url(x.png) no-repeat;color:#fff",
        "background:#000;background-color:transparent;color:#fff",
        "background-color:#000;background:rgba(0,0,0,0);color:#fff",
        "background:#000;background:#fff!important;color:#fff",
        "font-size:16px;font:1px Arial",
        "font:16px Arial;font-size:1px",
    ] {
        assert!(hidden(&[style]), "{style}");
    }
    for style in [
        "background:#fff;background-color:#000;color:#fff",
        "background-color:#fff;background:#000 url(x.png) center / cover;color:#fff",
        "background:#000!important;background:#fff;color:#fff",
        "font-size:1px;font:16px Arial",
        "font:1px Arial;font-size:14px",
    ] {
        assert!(!hidden(&[style]), "{style}");
    }
}

#[test]
fn what_a_browser_leaves_out_makes_nothing_seen_again() {
    for style in [
        "color:#fff;background:#000 nonsense",
        "color:#fff;background:#000 #000",
        "color:#fff;background:#000, none",
        "font-size:1px;font:16px",
        "font-size:1px;font:16px/20px",
        "font-size:1px;font:nonsense 16px Arial",
        "font-size:1px;font-size:-16px",
        "font-size:1px;font-size:16px!importan",
        "font-size:1px;font-size:16",
        "font-size:1px;font-size:16px 16px",
        "color:#fff;color:#000 !important !important",
        "color:#fff;color:black black",
    ] {
        assert!(hidden(&[style]), "{style}");
    }
    assert!(!hidden(&["font-size:16"]) && hidden(&["font-size:1"]));
    // What is quoted is no `!`.
    assert!(!hidden(&[r#"background:#000 url("a!b");color:#fff"#]));
}

#[test]
fn colours_that_are_those_around_are_followed() {
    assert!(hidden(&["color:#fff", "color:#000;color:inherit"]));
    assert!(hidden(&["color:#fff", "color:currentcolor"]));
    assert!(hidden(&["color:#900;background:currentColor"]));
    assert!(!hidden(&["color:#fff", "color:initial"]));
    assert!(!hidden(&[
        "color:#fff;background:#000",
        "background:inherit"
    ]));
    assert!(hidden(&["opacity:.3", "opacity:.3"]));
    assert!(hidden(&["color:hsl(-720deg 0% 100%)"]));
    for white in ["HighlightText", "ButtonFace", "Background"] {
        assert!(hidden(&[&format!("color:{white}")]), "{white}");
    }
}

#[test]
fn what_is_cut_moved_or_shrunk_to_nothing_is_hidden() {
    for style in [
        "clip: rect( 0 0 0 0 )",
        "clip:rect(0px,0px,0px,0px)",
        "clip:rect(5px,6px,6px,5px)",
        "clip-path:inset(50%)",
        "clip-path: inset( 100% 0 0 0 )",
        "clip-path:polygon(0 0, 0 0, 0 0)",
        "transform:rotate(0deg) scale(0)",
        "transform:scaleX(.01)",
        "transform:matrix(0, 0, 0, 0, 0, 0)",
        "transform:translateX(-9999px)",
        "translate:-9999px",
        "scale:0",
        "zoom:0",
        "zoom:1%",
        "filter:blur(0) opacity(0)",
        "inset:-9999px auto auto -9999px",
        "position:absolute;left:9999px",
        "text-indent:9999px;overflow:hidden",
        "overflow-y:hidden;height:0",
        "overflow:hidden;line-height:0",
        "max-height:1px",
        "max-width:0%",
        "content-visibility:hidden",
    ] {
        assert!(hidden(&[style]), "{style}");
    }
    for style in [
        "clip:rect(0,100px,100px,0)",
        "clip:rect(auto,auto,auto,auto)",
        "clip-path:inset(0)",
        "clip-path:polygon(0 0, 100% 0, 100% 100%)",
        "transform:translate(-50%,-50%) scale(1.02)",
        "zoom:1",
        "overflow:hidden;line-height:1.2",
        "overflow:hidden;width:100%",
        "max-width:600px;margin:0 auto",
    ] {
        assert!(!hidden(&[style]), "{style}");
    }
}

#[test]
fn letters_that_shrink_within_each_other_are_hidden_when_they_are_too_small() {
    for (open, close) in [
        ("<small>", "</small>"),
        ("<span style=\"font-size:smaller\">", ""),
    ] {
        let nested = |times: usize| format!("{}x{}", open.repeat(times), close.repeat(times));
        assert_eq!(unseen(&nested(2)), "");
        assert_eq!(unseen(&nested(12)), "x");
    }
    assert_eq!(
        unseen("<div style=\"font-size:1px\"><b style=\"font-size:1rem\">x</b>y</div>"),
        "y"
    );
    // Sizes that are no numbers are none.
    assert_eq!(
        unseen("<p style=\"font-size:1e99em\"><b style=\"font-size:0em\">x"),
        "x"
    );
}

#[test]
fn attributes_of_old_are_read_as_of_old_and_only_where_they_mean_something() {
    let cell = |ground: &str, colour: &str| {
        unseen(&format!(
            "<table><td bgcolor=\"{ground}\"><font color=\"{colour}\">x"
        ))
    };
    for (ground, colour) in [
        ("#fff", "#fffff"),
        ("#fff", "FFFFFFFFE"),
        ("white", "#ffffffffffff"),
        ("#000", "chucknorrisless"),
        ("menu", "#0e0000"),
        ("#0f0f0f", "fff"),
        ("#b00000", "rgb(0,0,0)"),
    ] {
        let hides = cell(ground, colour) == "x";
        assert_eq!(hides, colour != "chucknorrisless", "{ground} {colour}");
    }
    for said_nowhere in [
        "<p bgcolor=\"#000\"><font color=\"#fff\">x",
        "<span bgcolor=\"#000\" style=\"color:#fff\">x",
        "<div style=\"color:#fff\"><p color=\"#000\">x",
        "<td bgcolor=\"#000\"><font color=\"#fff\">x",
        "<body text=\"#fff\" color=\"#000\">x",
    ] {
        assert_eq!(unseen(said_nowhere), "x", "{said_nowhere}");
    }
    assert_eq!(unseen("<body bgcolor=\"#000\" text=\"#fff\">x"), "");
    // A style wins, and of a page said twice the first.
    assert_eq!(
        unseen("<table bgcolor=\"#000\" style=\"background:none\"><td style=\"color:#fff\">x"),
        "x"
    );
    assert_eq!(
        unseen("<body bgcolor=\"#fff\"><div style=\"color:#fff\"><body bgcolor=\"#000\">x"),
        "x"
    );
    assert_eq!(unseen("<body><body text=\"white\">x"), "x");
}

#[test]
fn words_stand_where_a_browser_puts_them() {
    for hidden in [
        // A closing tag does not reach over a block, nor out of a cell.
        "<span style=\"display:none\"><div></span>x",
        "<div style=\"display:none\"><table><tr><td></div>x",
        "<font color=\"#fff\"><table><tr><td></font>x",
        // Formatting nobody closed goes on, inside the next block.
        "<p><font color=\"#fff\"></p><p style=\"color:#000\">x",
        "<div><div><b style=\"display:none\"></div></div>x",
        // A block ends the paragraph around it, with the ground that has.
        "<div style=\"color:#fff\"><p style=\"background:#000\"><div>x",
        "<div style=\"color:#fff\"><p style=\"background:#000\"><h1>x",
        // What is in a table and in no cell stands in front of it.
        "<table bgcolor=\"#000\"><font color=\"#fff\">x",
        "<div style=\"color:#fff\"><table bgcolor=\"#000\"><tr>x",
        // Without a table there is no cell; a page is not closed; a link ends at the next.
        "<div style=\"color:#fff\"><td style=\"background:#000\">x",
        "<body text=\"#fff\"></body></html>x",
        "<div style=\"color:#fff\"><a style=\"background:#000\"><a>x",
    ] {
        assert_eq!(unseen(hidden), "x", "{hidden}");
    }
    for seen in [
        "<p style=\"display:none\"><div>x",
        "<font color=\"#fff\"><p></font>x",
        "<span style=\"display:none\"></span>x",
        "<p><font color=\"#fff\"></font></p>x",
        "<p><font color=\"#fff\"></p></font>x",
        "<table><td><font color=\"#fff\"><tr><td>x",
        "<table><td style=\"display:none\"><td>x",
        "<table><tr style=\"display:none\"><td><tbody><td>x",
        "<ul><li style=\"display:none\"><li>x",
        "<dl><dt style=\"display:none\"><dd>x",
        "<h1 style=\"display:none\"></h2>x",
        "<table bgcolor=\"#000\"><td><font color=\"#fff\">x</font><td style=\"color:#fff\">x",
        "<ul><li style=\"color:#fff;background:#000\"><ul><li>x",
    ] {
        assert_eq!(unseen(seen), "", "{seen}");
    }
}

#[test]
fn what_hides_words_is_named_by_its_number() {
    let mut sight = Sight::default();
    sight.opens("p", Looks::default());
    let number = sight.opens("font", styled("color:#fff"));
    sight.closes("p");
    sight.opens("p", Looks::default());
    // It goes on in another paragraph and is the same.
    assert_eq!(sight.words().map(|unseen| unseen.by), number);
    assert_eq!(number, Some(2));
}

#[test]
fn broken_styles_are_read() {
    for style in [
        "(",
        "a:((((((((((((((((x",
        "\\",
        "color:#",
        "a:\u{0};;;",
        "{{{",
        "x:y(]",
        "background:((",
        "clip:rect(((",
        "font:/",
    ] {
        assert!(!hidden(&[style]), "{style}");
    }
}

#[test]
fn depth_without_end_makes_nothing_seen() {
    let mut sight = Sight::default();
    for _ in 0..2 * DEPTH_MAX {
        sight.opens("div", Looks::default());
    }
    assert_eq!((sight.depth(), sight.words()), (DEPTH_MAX, None));
    // Two that are believed only together, and a closing tag for nothing: it stays hidden.
    sight.opens("div", styled("background:#ccc"));
    sight.opens("div", styled("color:#ccc"));
    for _ in 0..2 * DEPTH_MAX {
        sight.closes("span");
    }
    assert!(sight.words().is_some());
    for _ in 0..=2 * DEPTH_MAX + 2 {
        sight.closes("div");
    }
    assert_eq!((sight.depth(), sight.words()), (0, None));
    // Elements that hide and are closed are gone with their ends, however many there are.
    sight.opens("div", styled("display:none"));
    for _ in 0..=DEPTH_MAX {
        sight.opens("div", Looks::default());
    }
    for _ in 0..=DEPTH_MAX {
        sight.closes("p");
        sight.closes("div");
    }
    assert!(sight.words().is_some());
}

#[test]
fn formatting_that_goes_on_without_end_is_followed() {
    let mut sight = Sight::default();
    for at in 0..4 * DEPTH_MAX {
        sight.opens("p", Looks::default());
        sight.opens(
            "font",
            styled(if at == 0 {
                "color:#fff"
            } else {
                "font-size:14px"
            }),
        );
        assert!(sight.words().is_some(), "{at}");
    }
    assert!(sight.depth() <= DEPTH_MAX);
}
