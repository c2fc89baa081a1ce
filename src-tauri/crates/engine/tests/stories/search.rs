//! What was ever asked, decided, said or received is found by its words, and only what is meant.

use domain::{Intent, Level, Span, StateName};
use engine::{Ask, ConversationFilter, Edit, Find, Search};

use crate::reading::until;
use crate::world::{World, ask, ask_about, draft, named};

/// Finds, newest first, as subjects; received ones marked.
async fn found(world: &World, search: Search) -> Vec<String> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        // Two at a time: a page must go on where the last one ended.
        let page = world.engine.search(search.clone(), after, 2).await.unwrap();
        all.extend(page.rows.iter().map(|find| match find {
            Find::Asked(row) => row.subject.clone(),
            Find::Received(row) => format!("received: {}", row.read.subject),
        }));
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

fn words(text: &str) -> Search {
    Search {
        words: text.split(' ').map(str::to_owned).collect(),
        ..Search::default()
    }
}

#[tokio::test]
async fn every_version_decision_reason_and_received_message_is_found() {
    let world = World::at(Level::AskAlways).await;
    let mut first = ask_about("question@rehearsal.example", "the plan");
    first.draft.text = Some("We offer a zeppelin.\n".to_owned());
    first.draft.reason = Some("the customer asked for airships".to_owned());
    let first = world.submit(first).await.row;

    let story = world.story(first.id).await;
    let edit = Edit {
        to: vec![named("question@rehearsal.example")],
        cc: Vec::new(),
        bcc: Vec::new(),
        reply_to: Vec::new(),
        subject: "the plan".to_owned(),
        text: Some("We offer a balloon.\n".to_owned()),
        html: None,
        keep_attachments: Vec::new(),
    };
    world
        .engine
        .edit(first.id, story.row.hash, edit)
        .await
        .unwrap();

    let second = world.ask("ann@there.example").await.row;
    let hash = world.story(second.id).await.row.hash;
    let why = "Überteuert for this market".to_owned();
    world
        .engine
        .reject(second.id, Some(hash), why)
        .await
        .unwrap();

    assert_eq!(found(&world, words("balloon")).await, ["the plan"]);
    assert_eq!(
        found(&world, words("zeppelin")).await,
        ["the plan"],
        "an older version"
    );
    assert_eq!(
        found(&world, words("airships")).await,
        ["the plan"],
        "why its agent asked"
    );
    let rejected = ["hello ann@there.example"];
    assert_eq!(
        found(&world, words("uberteuert")).await,
        rejected,
        "why a person said no"
    );
    assert_eq!(
        found(&world, words("market ann")).await,
        rejected,
        "words far from each other"
    );
    assert!(found(&world, words("dirigible")).await.is_empty());
    assert!(
        found(&world, words("balloon market")).await.is_empty(),
        "not of two messages"
    );

    world.approve(first.id).await;
    world.pass(Span::from_seconds(10));
    world.until(first.id, StateName::Sent).await;
    let received = until(&world, "the answer", async || {
        found(&world, words("set up")).await.pop()
    })
    .await;
    assert_eq!(received, "received: Re: the plan");

    let by = |change: fn(&mut Search)| {
        let mut search = Search::default();
        change(&mut search);
        search
    };
    let all = found(&world, Search::default()).await;
    assert_eq!(
        all,
        [
            "received: Re: the plan",
            "hello ann@there.example",
            "the plan"
        ]
    );
    for (search, expected) in [
        (
            by(|s| s.state = Some(StateName::Rejected)),
            vec!["hello ann@there.example"],
        ),
        (
            by(|s| s.intent = Some(Intent::Question.word().to_owned())),
            vec!["received: Re: the plan"],
        ),
        (
            by(|s| s.from = Some("quest".to_owned())),
            vec!["received: Re: the plan"],
        ),
        (
            by(|s| s.to = Some("THERE.example".to_owned())),
            vec!["hello ann@there.example"],
        ),
        (
            by(|s| s.to = Some("here.example".to_owned())),
            vec!["received: Re: the plan", "hello ann@there.example"],
        ),
        (
            by(|s| s.agent = Some("scout".to_owned())),
            vec![
                "received: Re: the plan",
                "hello ann@there.example",
                "the plan",
            ],
        ),
        (by(|s| s.agent = Some("nobody".to_owned())), vec![]),
        (
            by(|s| s.rule = Some("autonomy".to_owned())),
            vec!["hello ann@there.example", "the plan"],
        ),
        (by(|s| s.rule = Some("no_such".to_owned())), vec![]),
        (by(|s| s.before = Some(crate::world::START)), vec![]),
    ] {
        assert_eq!(found(&world, search.clone()).await, expected, "{search:?}");
    }
    let after = Search {
        after: Some(world.engine.now() + Span::from_seconds(1)),
        ..words("plan")
    };
    assert!(found(&world, after).await.is_empty());
    world.verify().await;
}

#[tokio::test]
async fn the_inbox_and_the_search_over_everything_read_a_filter_alike() {
    let world = World::at(Level::AskAlways).await;
    let asked = world.ask("question@rehearsal.example").await.row.id;
    world.approve(asked).await;
    world.pass(Span::from_seconds(10));
    world.until(asked, StateName::Sent).await;
    let conversation = until(&world, "the answer", async || {
        let all = world.engine.conversations(Default::default(), None, 10);
        all.await.unwrap().rows.pop()
    })
    .await;
    let mut draft = draft(&["ann@there.example"], "with a file");
    draft.attachments.push(domain::Attachment {
        filename: "offer.txt".to_owned(),
        content_type: "text/plain".to_owned(),
        content: b"ten percent".to_vec(),
    });
    world
        .submit(Ask {
            draft,
            ..ask("ann@there.example")
        })
        .await;

    // How many a search over everything finds, and how many conversations.
    let found = async |search: Search| {
        let all = world.engine.search(search.clone(), None, 50).await.unwrap();
        let filter = ConversationFilter {
            search,
            ..ConversationFilter::default()
        };
        let listed = world.engine.conversations(filter, None, 50).await.unwrap();
        (all.rows.len(), listed.rows.len())
    };
    let some = |text: &str| Some(text.to_owned());
    let nothing = Search::default;
    let unread = || Search {
        is_unread: true,
        ..nothing()
    };
    assert_eq!(found(unread()).await, (1, 1));
    let theirs = Search {
        from: some("question@"),
        ..unread()
    };
    assert_eq!(found(theirs).await, (1, 1));
    let others = Search {
        from: some("ann@"),
        ..unread()
    };
    assert_eq!(found(others).await, (0, 0), "both of the same message");
    let account = |text: &str| Search {
        account: some(text),
        ..nothing()
    };
    assert_eq!(found(account("ME@here")).await, (3, 1));
    assert_eq!(found(account("you@here")).await, (0, 0));
    let file = Search {
        has_attachment: true,
        ..nothing()
    };
    assert_eq!(
        found(file).await,
        (1, 0),
        "nobody answered it: it is no conversation yet"
    );
    let sent = Search {
        state: Some(StateName::Sent),
        ..nothing()
    };
    assert_eq!(
        found(sent).await,
        (1, 1),
        "what was answered is found by what was asked"
    );
    let before = Search {
        before: Some(crate::world::START),
        ..nothing()
    };
    assert_eq!(found(before).await, (0, 0));
    let after = Search {
        after: Some(crate::world::START),
        ..nothing()
    };
    assert_eq!(found(after).await, (3, 1));

    world.engine.mark_seen(conversation.id).await.unwrap();
    assert_eq!(found(unread()).await, (0, 0), "it was read");
}
