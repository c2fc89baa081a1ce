//! Suppressions and the policy.

use console::{Code, Operator, rpc};
use serde_json::{Value, json};

use crate::world::{World, text};

#[tokio::test]
async fn suppressions_are_added_by_anyone_and_lifted_by_the_operator() {
    let world = World::new().await;
    let add = json!({"address": "Dana+x@acme.example", "note": "asked to stop"});
    let row = rpc(&world.engine, &Operator::Unproven, "suppressions.add", add)
        .await
        .unwrap();
    assert_eq!(text(&row, "/pattern"), "dana@acme.example");
    let page = world
        .done("suppressions.list", json!({"search": "acme"}))
        .await;
    assert_eq!(page["rows"].as_array().unwrap().len(), 1);
    let lifted = world
        .done("suppressions.lift", json!({"address": "dana@acme.example"}))
        .await;
    assert_eq!(lifted["lifted"], 1);
    let odd = world
        .ask(
            "suppressions.add",
            json!({"address": "x@y.example", "reason": "because"}),
        )
        .await;
    assert_eq!(odd.unwrap_err().pointer.as_deref(), Some("/reason"));
}

#[tokio::test]
async fn a_policy_is_checked_published_and_found_again() {
    let world = World::new().await;
    let bad = json!({"text": "nonsense = ["});
    assert!(
        !world.done("policy.check", bad.clone()).await["problems"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        world.ask("policy.publish", bad).await.unwrap_err().code,
        Code::InvalidPolicy
    );
    let before = world.done("policy.show", Value::Null).await;
    world.done("policy.publish", json!({"text": ""})).await;
    let after = world.done("policy.show", Value::Null).await;
    assert_eq!(
        (&before["version"], &after["version"]),
        (&json!(1), &json!(2))
    );
    let first = world.done("policy.version", json!({"version": 1})).await;
    assert_eq!(first["text"], before["text"]);
    let never = world.ask("policy.version", json!({"version": 9})).await;
    assert_eq!(never.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn a_list_of_suppressions_comes_and_goes_as_a_file() {
    let world = World::new().await;
    let file = "address,reason,note\nDana@acme.example,unsubscribe,=please stop\nnonsense,,\n@rival.example,legal,\n";
    let answer = world
        .done("suppressions.import", json!({"text": file, "from": 0}))
        .await;
    assert_eq!(
        (&answer["added"], &answer["done"], &answer["total"]),
        (&json!(2), &json!(3), &json!(3))
    );
    assert_eq!(answer["problems"][0]["line"], 3, "{answer}");
    let exported = world.done("suppressions.export", Value::Null).await;
    let text = text(&exported, "/text");
    assert!(
        text.contains("dana@acme.example,unsubscribe,'=please stop,"),
        "{text}"
    );
    assert!(text.contains("@rival.example,legal,,"), "{text}");
    assert_eq!(exported["rows"], 2);
}

#[tokio::test]
async fn each_row_of_a_list_that_cannot_be_read_is_told() {
    let world = World::new().await;
    let mut file = "address,reason,note\n,unsubscribe,who?\n,,\n\n".to_owned();
    for n in 0..150 {
        file.push_str(&format!("nonsense {n},,\n"));
    }
    let args = json!({"text": file, "from": 0});
    let answer = world.done("suppressions.import", args).await;
    assert_eq!(
        (&answer["added"], &answer["total"]),
        (&json!(0), &json!(151))
    );
    let lines: Vec<u64> = answer["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines.len(), 151, "{answer}");
    assert_eq!(lines[..2], [2, 5], "each with its line");
}

#[tokio::test]
async fn a_field_of_the_form_goes_into_the_text_and_comes_back_from_it() {
    let world = World::new().await;
    let draft = "# ours\n[rules.rate_limit]\nenabled = true # agreed in May\n";
    let table = async |text: &str, path: &str| -> Value {
        let form = world.done("policy.form", json!({"text": text})).await;
        let tables = form["tables"].as_array().unwrap();
        tables
            .iter()
            .find(|table| table["path"] == path)
            .unwrap()
            .clone()
    };
    assert_eq!(table(draft, "rules.rate_limit").await["enabled"], true);
    let set = async |text: &str, key: &str, value: Value| -> String {
        let args = json!({"text": text, "table": "rules.rate_limit", "key": key, "value": value});
        let draft = world.done("policy.set", args).await;
        self::text(&draft, "/text").to_owned()
    };
    let off = set(draft, "enabled", json!(false)).await;
    assert_eq!(
        off,
        "# ours\n[rules.rate_limit]\nenabled = false # agreed in May\n"
    );
    let limited = set(&off, "mailbox", json!({"hour": 7})).await;
    let rate = table(&limited, "rules.rate_limit").await;
    let field = rate["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["key"] == "mailbox")
        .unwrap();
    assert_eq!(
        (&field["value"], &field["is_set"]),
        (&json!({"hour": 7}), &json!(true))
    );
    assert_eq!(set(&limited, "mailbox", Value::Null).await, off);
    // What the form writes is what the document accepts.
    let checked = world.done("policy.check", json!({"text": limited})).await;
    assert_eq!(checked["problems"], json!([]));
    // Every rule of the table has a form, also where the text says nothing.
    let empty = world.done("policy.form", json!({"text": ""})).await;
    assert!(empty["tables"].as_array().unwrap().len() > 10, "{empty}");

    let unknown =
        json!({"text": draft, "table": "rules.rate_limit", "key": "nonsense", "value": 1});
    assert_eq!(
        world.ask("policy.set", unknown).await.unwrap_err().code,
        Code::InvalidField
    );
    let broken = world.ask("policy.form", json!({"text": "a = ["})).await;
    assert_eq!(broken.unwrap_err().code, Code::InvalidPolicy);
}

/// A letter to these, with words of its own: what is said twice is held for that.
fn letter(to: &[&str], words: &str) -> Value {
    let to: Vec<Value> = to.iter().map(|to| json!({"address": to})).collect();
    json!({"to": to, "subject": words, "text": format!("Hello, this is about {words}.")})
}

async fn state(world: &World, draft: Value) -> String {
    let id = world.held(draft).await;
    let shown = world.done("submission.show", json!({"id": id})).await;
    text(&shown, "/state").to_owned()
}

async fn lines(world: &World) -> Value {
    let shown = world.done("policy.show", Value::Null).await;
    let form = json!({"text": shown.get("text")});
    let form = world.done("policy.form", form).await;
    form.get("lines").cloned().unwrap()
}

#[tokio::test]
async fn an_agent_is_let_write_to_those_of_a_held_mail_until_a_day_and_to_nobody_else() {
    let world = World::new().await;
    let mut hidden = letter(&["dana@acme.example"], "Tuesday");
    hidden["bcc"] = json!([{"address": "boss@home.example"}]);
    let id = world.held(hidden).await;
    let ask = json!({"id": id, "wish": "let_write", "domains": true});
    let draft = rpc(&world.engine, &Operator::Unproven, "policy.line", ask)
        .await
        .unwrap();
    assert_eq!(draft["to"], json!(["acme.example", "home.example"]));
    assert_eq!(text(&draft, "/until"), "2027-02-14T08:00:00.000000Z");
    assert!(
        text(&draft, "/words")
            .ends_with(" to acme.example and home.example: may write without asking."),
        "{draft}"
    );
    assert_eq!(
        draft["before"],
        world.done("policy.show", Value::Null).await["text"]
    );

    // Tried on what was recorded: this one would have gone.
    let tried = json!({"text": draft["text"], "last": 100});
    let replay = world.done("policy.replay", tried).await;
    assert_eq!(
        (
            &replay["flips"][0]["submission"],
            &replay["flips"][0]["would"]
        ),
        (&json!(id), &json!("allow"))
    );
    assert_eq!(
        state(&world, letter(&["kim@acme.example"], "nothing yet")).await,
        "held"
    );

    let publish = json!({"text": draft["text"], "over": draft["over"]});
    let unproven = rpc(
        &world.engine,
        &Operator::Unproven,
        "policy.publish",
        publish.clone(),
    )
    .await;
    assert_eq!(unproven.unwrap_err().code, Code::OperatorProofNeeded);
    world.done("policy.publish", publish.clone()).await;
    let again = world.ask("policy.publish", publish).await.unwrap_err();
    assert_eq!(again.code, Code::StaleHash, "{again}");

    assert_ne!(
        state(&world, letter(&["lee@acme.example"], "the first")).await,
        "held"
    );
    let strangers = letter(&["joe@acme.example", "eve@rival.example"], "the second");
    assert_eq!(state(&world, strangers).await, "held");
    let said = lines(&world).await;
    assert_eq!(
        (
            said.as_array().unwrap().len(),
            &said[0]["words"],
            &said[0]["until"]
        ),
        (1, &draft["words"], &draft["until"])
    );
    assert_eq!(
        text(&said, "/0/reason"),
        format!("from the queue, about {id}")
    );

    world.clock.advance(domain::Span::from_days(30));
    assert_eq!(
        state(&world, letter(&["ann@acme.example"], "too late")).await,
        "held"
    );
    let verified = world.done("journal.verify", Value::Null).await;
    assert_eq!(verified["ok"], true, "{verified}");
}

#[tokio::test]
async fn mail_like_one_is_always_asked_about_and_takes_the_place_of_an_exception() {
    let world = World::new().await;
    let id = world.held(letter(&["dana@acme.example"], "Tuesday")).await;
    let wish = |wish: &str, domains: bool| json!({"id": id, "wish": wish, "domains": domains});
    let publish = async |draft: &Value| {
        let args = json!({"text": draft["text"], "over": draft["over"]});
        world.done("policy.publish", args).await
    };
    let exception = world.done("policy.line", wish("let_write", true)).await;
    publish(&exception).await;
    assert_ne!(
        state(&world, letter(&["lee@acme.example"], "before")).await,
        "held"
    );

    let hold = world.done("policy.line", wish("always_ask", true)).await;
    assert_eq!(hold["takes_out"], json!([exception["words"]]));
    assert_eq!(hold["until"], Value::Null);
    let version = publish(&hold).await;
    let said = lines(&world).await;
    assert_eq!(
        (said.as_array().unwrap().len(), &said[0]["words"]),
        (1, &hold["words"])
    );
    // One of them among others is enough, and a raised level changes nothing.
    let raise = json!({"id": world.agent.id.to_string(), "level": 3});
    world.done("agents.set_level", raise).await;
    let both = letter(&["joe@acme.example", "kim@home.example"], "after");
    assert_eq!(state(&world, both).await, "held");
    assert_ne!(
        state(&world, letter(&["kim@home.example"], "elsewhere")).await,
        "held"
    );

    // Loosening what is always asked about is refused in words, and nothing is published.
    let against = world
        .ask("policy.line", wish("let_write", true))
        .await
        .unwrap_err();
    assert_eq!(against.code, Code::InvalidPolicy);
    assert!(
        against.detail.contains("take that line out first"),
        "{against}"
    );

    // A line for the whole domain leaves one about a single address there in force, and says so.
    let world_too = World::new().await;
    let id_too = world_too
        .held(letter(&["dana@acme.example"], "Tuesday"))
        .await;
    let about = |wish: &str, domains: bool| json!({"id": id_too, "wish": wish, "domains": domains});
    let one = world_too
        .done("policy.line", about("always_ask", false))
        .await;
    assert_eq!(one["note"], Value::Null);
    let before = world_too
        .done("policy.line", about("let_write", true))
        .await;
    assert_eq!(before["note"], Value::Null, "{before}");
    let args = json!({"text": one["text"], "over": one["over"]});
    world_too.done("policy.publish", args).await;
    let after = world_too
        .done("policy.line", about("let_write", true))
        .await;
    assert_eq!(
        text(&after, "/note"),
        "This mail is still asked about: another line says so."
    );

    // Taken out like any other line, or rolled back as a whole.
    let shown = world.done("policy.show", Value::Null).await;
    let out = json!({"text": shown["text"], "index": 0});
    let without = world.done("policy.take_out", out).await;
    assert!(
        !text(&without, "/text").contains("[[overrides]]"),
        "{without}"
    );
    let none = json!({"text": without["text"], "index": 0});
    assert_eq!(
        world.ask("policy.take_out", none).await.unwrap_err().code,
        Code::NotFound
    );
    let back = json!({"text": hold["before"], "over": version["version"]});
    world.done("policy.publish", back).await;
    assert_eq!(lines(&world).await[0]["words"], exception["words"]);
}

#[tokio::test]
async fn a_line_that_comes_and_goes_leaves_the_document_as_it_was() {
    let world = World::new().await;
    let id = world.held(letter(&["dana@acme.example"], "Tuesday")).await;
    let take_out = async |text: &str, index: usize| -> String {
        let args = json!({"text": text, "index": index});
        let draft = world.done("policy.take_out", args).await;
        self::text(&draft, "/text").to_owned()
    };
    let documents = [
        "",
        "[rules.links]\nenabled = true\n# action = \"block\" from May\n",
        "[rules.links]\nenabled = true # agreed\n\n\n# to be talked about\n\n",
        "[[overrides]]\nto = [\"kim@home.example\"]\nrules.autonomy.at_most = 1\n# ask Kim first\n",
        "[rules.links]\r\nenabled = true\r\n# in May\r\n",
    ];
    for document in documents {
        let over = world.done("policy.show", Value::Null).await["version"].clone();
        let args = json!({"text": document, "over": over});
        world.done("policy.publish", args).await;
        for wish in ["always_ask", "let_write"] {
            let args = json!({"id": id, "wish": wish, "domains": true});
            let draft = world.done("policy.line", args).await;
            let added = text(&draft, "/text");
            assert!(added.starts_with(document), "{added}");
            let place = added.matches("[[overrides]]").count() - 1;
            assert_eq!(take_out(added, place).await, document, "{added}");
        }
    }

    // One among others, with comments around it, and with its own tables further down.
    let first = "[[overrides]]\nto = [\"a.example\"]\nrules.autonomy.at_most = 1 # Ann\n";
    let second = "[[overrides]] # Bob\nto = [\"b.example\"]\n# his own\n\n\
                  [overrides.rules.autonomy]\nat_most = 1 # for now\n";
    let whole = format!("# top\n\n# first\n{first}# after it\n\n{second}# end\n[review]\n");
    assert_eq!(
        take_out(&whole, 1).await,
        format!("# top\n\n# first\n{first}# after it\n# end\n[review]\n")
    );
    assert_eq!(
        take_out(&whole, 0).await,
        format!("# top\n\n# first\n# after it\n\n{second}# end\n[review]\n")
    );
    let scattered = "[[overrides]]\nto = [\"a.example\"]\n# links\n[rules.links]\nenabled = true\n\n\
                     [overrides.rules.autonomy]\nat_most = 1\n# end\n";
    assert_eq!(
        take_out(scattered, 0).await,
        "# links\n[rules.links]\nenabled = true\n# end\n"
    );

    // What is always asked about stands in the place of the exception alone.
    let exception = "[[overrides]]\nto = [\"dana@acme.example\"]\n\
                     exception_until = 2027-06-01T00:00:00Z\nrules.autonomy.enabled = false\n";
    let document = format!("{exception}# keep this\n");
    world
        .done("policy.publish", json!({"text": document}))
        .await;
    let args = json!({"id": id, "wish": "always_ask", "domains": false, "any_agent": true});
    let draft = world.done("policy.line", args).await;
    assert_eq!(draft["takes_out"].as_array().unwrap().len(), 1, "{draft}");
    assert!(
        text(&draft, "/text").starts_with("# keep this\n"),
        "{draft}"
    );
}

#[tokio::test]
async fn a_line_that_makes_no_sense_is_refused_where_it_is_asked_for() {
    let world = World::new().await;
    let id = world.letter().await;
    let refused = async |args: Value| {
        let problem = world.ask("policy.line", args).await.unwrap_err();
        (problem.code, problem.pointer)
    };
    let wish = |days: u32| json!({"id": id, "wish": "let_write", "domains": false, "days": days});
    let at = |pointer: &str| (Code::InvalidField, Some(pointer.to_owned()));
    assert_eq!(refused(wish(0)).await, at("/days"));
    assert_eq!(refused(wish(366)).await, at("/days"));
    let everyone = json!({"id": id, "wish": "let_write", "domains": false, "any_agent": true});
    assert_eq!(refused(everyone).await, at("/wish"));
    // Nor as a mailbox where it only observes.
    let grant = |level: Value| {
        let mailbox = world.mailbox.as_str();
        json!({"id": world.agent.id.to_string(), "mailbox": mailbox, "level": level})
    };
    world.done("agents.grant", grant(json!(0))).await;
    assert_eq!(refused(wish(7)).await, at("/wish"));
    world.done("agents.grant", grant(Value::Null)).await;
    world.done("policy.line", wish(7)).await;
    let observe = json!({"id": world.agent.id.to_string(), "level": 0});
    world.done("agents.set_level", observe).await;
    assert_eq!(refused(wish(7)).await, at("/wish"));
    let nothing = json!({"id": "sub_00000000000000000000000000000001", "wish": "always_ask", "domains": true});
    assert_eq!(refused(nothing).await.0, Code::NotFound);
}

#[tokio::test]
async fn an_agents_budget_is_what_the_agent_is_told() {
    let world = World::new().await;
    let policy = "[rules.rate_limit]\nagent = { day = 40 }\nmailbox = { hour = 7 }\n\
                  [rules.risk_budget]\npoints_per_day = 90\n";
    world.done("policy.publish", json!({"text": policy})).await;
    world.letter().await;
    let args = json!({"id": world.agent.id.to_string()});
    let budget = world.done("agents.budget", args.clone()).await;
    let told = world.engine.limits(&world.agent, None).await.unwrap();
    assert_eq!(budget["held"], 1);
    assert_eq!(budget["held_max"], json!(told.held_max));
    assert_eq!(budget["risk"], json!({"spent": 0, "limit": 90}));
    let windows = json!([
        {"scope": "agent", "mailbox": null, "window": "day", "used": 0, "limit": 40, "next_at": null},
        {"scope": "mailbox", "mailbox": world.mailbox.as_str(), "window": "hour", "used": 0, "limit": 7, "next_at": null},
    ]);
    assert_eq!(budget["windows"], windows);
    // What is said of one agent, or of a mailbox of its own, is what its mail is judged by.
    let name = &world.agent.name;
    let stricter = format!(
        "{policy}[[overrides]]\nagent = \"{name}\"\n[overrides.rules.risk_budget]\n\
         points_per_day = 50\n[[overrides]]\nmailbox = \"{}\"\n[overrides.rules.queue_full]\n\
         held_max = 3\n[[overrides]]\nagent = \"somebody else\"\n\
         [overrides.rules.risk_budget]\npoints_per_day = 5\n",
        world.mailbox.as_str()
    );
    world
        .done("policy.publish", json!({"text": stricter}))
        .await;
    let budget = world.done("agents.budget", args.clone()).await;
    assert_eq!(
        (&budget["risk"]["limit"], &budget["held_max"]),
        (&json!(50), &json!(3))
    );
    let told = world.engine.limits(&world.agent, None).await.unwrap();
    assert_eq!(
        (told.risk.map(|risk| risk.limit), told.held_max),
        (Some(50), Some(3))
    );
    // Switched off, nothing bounds it.
    let off = "[rules.rate_limit]\nenabled = false\n[rules.risk_budget]\nenabled = false\n";
    world.done("policy.publish", json!({"text": off})).await;
    let budget = world.done("agents.budget", args).await;
    assert_eq!(
        (&budget["risk"], &budget["windows"]),
        (&Value::Null, &json!([]))
    );
}

#[tokio::test]
async fn a_line_is_changed_where_it_stands_and_what_it_says_of_rules_stays() {
    let world = World::new().await;
    let rules = "[overrides.rules.autonomy] # its level asks nothing\nenabled = false\n";
    let document = format!(
        "# ours\n[[overrides]]\nagent = \"scout\"\nto = [\"acme.com\"] # for now\n\
         exception_until = 2027-01-31T18:00:00Z\n{rules}"
    );
    let other = json!({"text": document, "index": 0, "agent": "",
        "to": ["kay@acme.example", "other.example"],
        "until": "2027-02-01T08:00:00Z", "reason": "the \"spring\" offer"});
    let changed = world.done("policy.change_line", other).await;
    let changed = text(&changed, "/text");
    assert_eq!(
        changed,
        format!(
            "# ours\n[[overrides]]\nto = [\"kay@acme.example\", \"other.example\"] # for now\n\
             exception_until = 2027-02-01T08:00:00Z\nreason = 'the \"spring\" offer'\n{rules}"
        )
    );
    let form = world.done("policy.form", json!({"text": changed})).await;
    let line = &form["lines"][0];
    // Domains come first.
    assert_eq!(line["to"], json!(["other.example", "kay@acme.example"]));
    assert_eq!(line["agent"], Value::Null);
    assert_eq!(line["until"], "2027-02-01T08:00:00.000000Z");
    assert_eq!(line["reason"], "the \"spring\" offer");

    for (wrong, code) in [
        (
            json!({"text": document, "index": 1, "to": []}),
            Code::NotFound,
        ),
        (
            json!({"text": document, "index": 0, "to": [], "until": "soon"}),
            Code::InvalidField,
        ),
        (
            json!({"text": "to = [", "index": 0, "to": []}),
            Code::InvalidPolicy,
        ),
    ] {
        let refused = world.ask("policy.change_line", wrong).await.unwrap_err();
        assert_eq!(refused.code, code, "{refused}");
    }
}

#[tokio::test]
async fn what_a_changed_line_says_already_stays_as_it_is_written() {
    let world = World::new().await;
    let document = "[[overrides]]\nagent = 'scout'\nto = [\n  \"kay@acme.example\", # met in May\n  \
        \"Other.Example\",\n]\nexception_until = 2027-01-31T19:00:00+01:00 # our time\n\
        reason = \"\"\"the spring offer\"\"\"\n\
        [overrides.rules.autonomy]\nenabled = false\n";
    let form = world.done("policy.form", json!({"text": document})).await;
    let line = &form["lines"][0];
    let mut change = json!({"text": document, "index": 0, "agent": line["agent"],
        "to": line["to"], "until": line["until"], "reason": line["reason"]});
    let same = world.done("policy.change_line", change.clone()).await;
    assert_eq!(text(&same, "/text"), document);
    change["reason"] = json!("the summer offer");
    let changed = world.done("policy.change_line", change).await;
    assert_eq!(
        text(&changed, "/text"),
        document.replace("\"\"\"the spring offer\"\"\"", "\"the summer offer\"")
    );
}

#[tokio::test]
async fn a_line_of_a_draft_with_a_problem_elsewhere_waits_for_it_to_be_mended() {
    let world = World::new().await;
    let draft = "[[overrides]]\nto = [\"acme.com\"]\n\
        [overrides.rules.autonomy]\nenabled = true\nat_most = 1\n[rules.no_such]\nenabled = true\n";
    for (command, mut args) in [
        ("policy.take_out", json!({})),
        ("policy.change_line", json!({"to": []})),
    ] {
        args["text"] = json!(draft);
        args["index"] = json!(0);
        let refused = world.ask(command, args).await.unwrap_err();
        assert_eq!(refused.code, Code::InvalidPolicy, "{refused}");
        let said = "the draft has problems; mend them in the text first: ";
        assert!(refused.detail.starts_with(said), "{refused}");
        assert!(refused.detail.contains("no_such"), "{refused}");
    }
}
