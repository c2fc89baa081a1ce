//! Whom agents may write to: lists, consents, zones, and contacts in the operator's own hands.

use console::{Code, Operator, rpc};
use serde_json::{Value, json};

use crate::world::{World, text};

/// Without the operator's word.
async fn unproven(world: &World, name: &str, args: Value) -> Result<Value, Code> {
    let asked = rpc(&world.engine, &Operator::Unproven, name, args);
    asked.await.map_err(|problem| problem.code)
}

#[tokio::test]
async fn anyone_narrows_whom_an_agent_writes_to_and_the_operator_widens_it() {
    let world = World::new().await;
    let id = world.agent.id.to_string();
    let rows = |view: &Value| view["rows"].as_array().unwrap().len();
    let before = world.done("agents.recipients", json!({"id": id})).await;
    assert_eq!((rows(&before), &before["listed_only"]), (0, &json!(false)));

    let forbid = json!({"id": id, "address": "@rival.example", "allowed": false});
    let listed = unproven(&world, "agents.list_recipient", forbid).await;
    assert_eq!(rows(&listed.unwrap()), 1);
    let allow = json!({"id": id, "address": "@acme.example", "allowed": true,
        "until": "2027-03-01T00:00:00Z"});
    let refused = unproven(&world, "agents.list_recipient", allow.clone()).await;
    assert_eq!(refused, Err(Code::OperatorProofNeeded));
    let listed = world.done("agents.list_recipient", allow).await;
    assert_eq!(rows(&listed), 2);
    let of = |allowed: bool| {
        let mut found = listed["rows"].as_array().unwrap().iter();
        found.find(|row| row["allowed"] == allowed).unwrap()["id"].clone()
    };

    let only = |only: bool| json!({"id": id, "only": only});
    let narrowed = unproven(&world, "agents.listed_only", only(true)).await;
    assert_eq!(narrowed.unwrap()["listed_only"], true);
    let refused = unproven(&world, "agents.listed_only", only(false)).await;
    assert_eq!(refused, Err(Code::OperatorProofNeeded));
    let widened = world.done("agents.listed_only", only(false)).await;
    assert_eq!(widened["listed_only"], false);

    let row = |row: Value| json!({"id": id, "row": row});
    let refused = unproven(&world, "agents.unlist_recipient", row(of(false))).await;
    assert_eq!(
        refused,
        Err(Code::OperatorProofNeeded),
        "what is forbidden stays so"
    );
    let left = unproven(&world, "agents.unlist_recipient", row(of(true))).await;
    assert_eq!(rows(&left.unwrap()), 1);
    let left = world.done("agents.unlist_recipient", row(of(false))).await;
    assert_eq!(rows(&left), 0);

    let wrong = json!({"id": id, "address": "not an address", "allowed": false});
    assert!(world.ask("agents.list_recipient", wrong).await.is_err());
    let soon = json!({"id": id, "address": "@acme.example", "allowed": true, "until": "soon"});
    let refused = world.ask("agents.list_recipient", soon).await.unwrap_err();
    assert_eq!(refused.pointer.as_deref(), Some("/until"));
}

#[tokio::test]
async fn a_consent_is_recorded_with_its_source_found_and_ended() {
    let world = World::new().await;
    let record = json!({"address": "dana@acme.example", "source": "the form of 3 May"});
    let refused = unproven(&world, "consents.record", record.clone()).await;
    assert_eq!(refused, Err(Code::OperatorProofNeeded));
    let recorded = world.done("consents.record", record).await;
    assert_eq!(text(&recorded, "/source"), "the form of 3 May");
    let listed = async |search: &str| {
        let page = world.done("consents.list", json!({"search": search})).await;
        page["rows"].as_array().unwrap().len()
    };
    assert_eq!((listed("dana").await, listed("nobody").await), (1, 0));
    let end = json!({"address": "dana@acme.example"});
    let ended = unproven(&world, "consents.end", end.clone()).await.unwrap();
    assert_eq!(ended["ended"], 1, "anyone may end one");
    assert_eq!(world.done("consents.end", end).await["ended"], 0);
}

#[tokio::test]
async fn where_a_contact_lives_is_said_listed_and_forgotten() {
    let world = World::new().await;
    let set = |zone: Value| json!({"address": "dana@acme.example", "zone": zone});
    let said = world
        .done("contacts.set_zone", set(json!("Europe/Lisbon")))
        .await;
    assert_eq!(text(&said, "/zone"), "Europe/Lisbon");
    let zones = async || {
        let page = world.done("contacts.zones", json!({})).await;
        page["rows"].as_array().unwrap().len()
    };
    assert_eq!(zones().await, 1);
    let nowhere = set(json!("Europe/Atlantis"));
    assert!(world.ask("contacts.set_zone", nowhere).await.is_err());
    let forgotten = world.done("contacts.set_zone", set(Value::Null)).await;
    assert_eq!((forgotten, zones().await), (Value::Null, 0));
}

#[tokio::test]
async fn a_contact_in_the_operators_hands_is_left_alone_until_handed_back() {
    let world = World::new().await;
    let dana = json!({"mailbox": world.mailbox.as_str(), "address": "dana@acme.example"});
    let taken = unproven(&world, "contacts.take_over", dana.clone()).await;
    assert_eq!(text(&taken.unwrap(), "/address"), "dana@acme.example");
    let in_hand = async || {
        let page = world.done("contacts.in_hand", json!({})).await;
        page["rows"].as_array().unwrap().len()
    };
    assert_eq!(in_hand().await, 1);
    let id = world.letter().await;
    let shown = world.done("submission.show", json!({"id": id})).await;
    let found = |shown: &Value| {
        let findings = shown["decision"]["findings"].as_array().unwrap();
        let about = findings.iter().find(|one| one["rule"] == "taken_over");
        text(about.unwrap(), "/outcome").to_owned()
    };
    assert_eq!(
        (text(&shown, "/state"), found(&shown).as_str()),
        ("blocked", "block"),
        "{shown}"
    );
    let refused = unproven(&world, "contacts.hand_back", dana.clone()).await;
    assert_eq!(refused, Err(Code::OperatorProofNeeded));
    let given = world.done("contacts.hand_back", dana).await;
    assert_eq!((&given["ended"], in_hand().await), (&json!(1), 0));
    let id = world.letter().await;
    let shown = world.done("submission.show", json!({"id": id})).await;
    assert_eq!(
        (text(&shown, "/state"), found(&shown).as_str()),
        ("held", "pass"),
        "{shown}"
    );
}

#[tokio::test]
async fn every_list_of_people_says_how_long_it_is_and_a_search_does_not() {
    let world = World::new().await;
    let mailbox = world.mailbox.to_string();
    for name in ["ann", "bea", "cai"] {
        let address = format!("{name}@acme.example");
        let suppressed = json!({"address": address});
        world.done("suppressions.add", suppressed).await;
        let agreed = json!({"address": address, "source": "a form"});
        world.done("consents.record", agreed).await;
        let zone = json!({"address": address, "zone": "Europe/Berlin"});
        world.done("contacts.set_zone", zone).await;
        let taken = json!({"mailbox": mailbox, "address": address});
        world.done("contacts.take_over", taken).await;
    }
    let counts = world.done("suppressions.counts", json!({})).await;
    let each = json!({"suppressed": 3, "agreed": 3, "in_hand": 3, "zones": 3});
    assert_eq!(counts, each);

    let ann = json!({"address": "ann@acme.example"});
    world.done("suppressions.lift", ann.clone()).await;
    world.done("consents.end", ann.clone()).await;
    world.done("contacts.set_zone", ann).await;
    let given = json!({"mailbox": mailbox, "address": "ann@acme.example"});
    world.done("contacts.hand_back", given).await;
    let counts = world.done("suppressions.counts", json!({})).await;
    let lists = [
        ("suppressions.list", "suppressed"),
        ("consents.list", "agreed"),
        ("contacts.zones", "zones"),
        ("contacts.in_hand", "in_hand"),
    ];
    for (list, name) in lists {
        let first = world.done(list, json!({"limit": 1})).await;
        assert_eq!(first["total"], 2, "{list}: {first}");
        assert_eq!(counts[name], 2, "{name}");
        let behind = json!({"limit": 1, "after": first["next"]});
        assert_eq!(world.done(list, behind).await["total"], Value::Null);
        if list == "contacts.in_hand" {
            continue;
        }
        let found = world.done(list, json!({"search": "bea"})).await;
        assert_eq!(
            (found["rows"].as_array().unwrap().len(), &found["total"]),
            (1, &Value::Null)
        );
    }
}
