//! A mailbox that is signed in by OAuth: a provider, a relay and an IMAP server on this machine that
//! take nothing but the right bearer token.

use std::time::Duration;

use domain::{
    AccountKind, ImapAuth, ImapSettings, Level, SentCopy, SmtpAuth, SmtpSettings, Span, StateName,
    SubmissionId, TlsMode,
};
use engine::{Ask, Rehearsal};
use tokio::net::TcpStream;

use crate::imap::Imap;
use crate::provider::{Provider, field, get};
use crate::reading::until;
use crate::world::{MAILBOX, World, ask_about, stranger};

/// A world that sends and reads at this provider, not signed in yet.
async fn world(provider: &Provider, imap: &Imap) -> World {
    let world = World::through(Level::AskOnException, relay_of(provider)).await;
    read_from(&world, imap.settings(SentCopy::None), None).await;
    world
}

fn relay_of(provider: &Provider) -> AccountKind {
    AccountKind::Smtp(SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: provider.smtp,
        tls: TlsMode::None,
        ca_file: None,
        auth: SmtpAuth::None,
    })
}

async fn read_from(world: &World, settings: ImapSettings, secret: Option<&str>) {
    let mailbox = mailbox(world).await;
    let secret = secret.map(str::to_owned);
    let set = world.engine.set_imap(mailbox, Some(settings), secret);
    set.await.unwrap();
}

/// The account, with its logins in words: how it sends, how it reads.
async fn logins(world: &World) -> (SmtpAuth, ImapAuth) {
    let (_, account) = world.engine.mailboxes().await.unwrap().remove(0);
    let AccountKind::Smtp(smtp) = account.kind else {
        panic!("a rehearsal sends with no login");
    };
    (smtp.auth, account.imap.unwrap().auth)
}

async fn mailbox(world: &World) -> domain::MailboxId {
    let address = MAILBOX.parse().unwrap();
    world.engine.mailbox_at(&address).await.unwrap().id
}

/// Signs in with a browser.
async fn sign_in(world: &World, provider: &Provider) {
    let mailbox = mailbox(world).await;
    let begun = world
        .engine
        .begin_sign_in(mailbox, Some(provider.client()), false)
        .await
        .unwrap();
    assert_eq!(begun.user_code, None);
    let (finished, page) = tokio::join!(
        world.engine.finish_sign_in(&begun.handle),
        provider.browse(&begun)
    );
    finished.unwrap();
    assert!(page.contains("Signed in"), "{page}");
}

/// How sending goes, in words.
fn sends(world: &World) -> Option<(bool, String)> {
    let health = world.engine.dispatch_health();
    health.into_values().next().map(|one| (one.ok, one.text))
}

async fn until_sent(world: &World, to: &str) {
    let id = world.ask(to).await.row.id;
    until(world, "it is sent", async || {
        (world.state(id).await == StateName::Sent).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_is_signed_in_with_a_browser_and_sends_and_reads_with_tokens() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    imap.post().bearer = Some("access-1".to_owned());
    until_sent(&world, "dana@there.example").await;
    assert_eq!(provider.book().taken.len(), 1);
    assert_eq!(provider.book().refreshed, 0);
    until(&world, "mail is read", async || {
        let health = world.engine.mail_health().into_values().next();
        health.filter(|one| one.ok)
    })
    .await;
    let (_, account) = world.engine.mailboxes().await.unwrap().remove(0);
    let user = "me".to_owned();
    assert_eq!(account.imap.unwrap().auth, ImapAuth::Xoauth2 { user });
}

#[tokio::test]
async fn whoever_else_comes_to_the_door_of_a_sign_in_changes_nothing() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    let mailbox = mailbox(&world).await;
    let begun = world
        .engine
        .begin_sign_in(mailbox, Some(provider.client()), false)
        .await
        .unwrap();
    let port = field(begun.url.split_once('?').unwrap().1, "redirect_uri").unwrap();
    let stranger = async {
        let said = get(&format!("{port}/?code=stolen&state=guessed")).await;
        assert!(said.starts_with("HTTP/1.1 400"), "{said}");
        let said = get(&format!("{port}/elsewhere?code=x")).await;
        assert!(said.starts_with("HTTP/1.1 404"), "{said}");
        provider.browse(&begun).await
    };
    let (finished, _) = tokio::join!(world.engine.finish_sign_in(&begun.handle), stranger);
    finished.unwrap();
    // A sign-in is over once it is done.
    assert!(world.engine.finish_sign_in(&begun.handle).await.is_err());
}

#[tokio::test]
async fn a_sign_in_on_another_device_waits_for_the_person() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    provider.book().pending = 1;
    let mailbox = mailbox(&world).await;
    let begun = world
        .engine
        .begin_sign_in(mailbox, Some(provider.client()), true)
        .await
        .unwrap();
    assert_eq!(begun.user_code.as_deref(), Some("ABCD-EFGH"));
    assert_eq!(begun.url, "https://there.example/device");
    world.engine.finish_sign_in(&begun.handle).await.unwrap();
    until_sent(&world, "dana@there.example").await;
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_once_more_where_it_is_refused() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    until_sent(&world, "dana@there.example").await;
    world.pass(Span::from_minutes(58));
    until_sent(&world, "eve@far.example").await;
    assert!(provider.book().refreshed >= 1, "renewed before its end");
    assert_eq!(provider.book().refused, 0);

    // The provider ends it early: refused once, renewed, delivered.
    provider.book().access = "another".to_owned();
    until_sent(&world, "finn@near.example").await;
    assert_eq!(provider.book().refused, 1);
    assert_eq!(provider.book().taken.len(), 3);
}

#[tokio::test]
async fn where_the_provider_says_no_mail_waits_until_somebody_signs_in_again() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    until_sent(&world, "dana@there.example").await;
    {
        let mut book = provider.book();
        book.revoked = true;
        book.access = "none".to_owned();
    }
    world.pass(Span::from_hours(2));
    let id = world.ask("eve@far.example").await.row.id;
    let said = until(&world, "it is said", async || {
        sends(&world).filter(|(ok, _)| !ok)
    })
    .await;
    assert!(said.1.contains("sign in again"), "{said:?}");
    assert!(said.1.contains("the grant was revoked"), "{said:?}");
    for secret in ["refresh-1", "access-1"] {
        assert!(!said.1.contains(secret), "{said:?}");
    }
    // Tried by nobody, it has not failed, though others leave behind it.
    let rehearsed = world.engine.rehearse().await.unwrap();
    for _ in 0..3 {
        world.pass(Span::from_hours(2));
        let other = rehearsed_ask(&world, &rehearsed).await;
        world.until(other, StateName::Sent).await;
    }
    assert_eq!(world.story(id).await.attempts.len(), 1);
    assert_eq!(world.state(id).await, StateName::Queued);
    assert_eq!(provider.book().taken.len(), 1);

    sign_in(&world, &provider).await;
    until(&world, "it is sent", async || {
        (world.state(id).await == StateName::Sent).then_some(())
    })
    .await;
    assert_eq!(provider.book().taken.len(), 2);
    world.verify().await;
}

/// Something to send from the rehearsal's mailbox, whose account is another.
async fn rehearsed_ask(world: &World, rehearsed: &Rehearsal) -> SubmissionId {
    let n = world.engine.rehearsal_delivered().len();
    let ask = Ask {
        mailbox: rehearsed.mailbox.address.clone(),
        ..ask_about(&stranger(n), "rehearsed")
    };
    let held = world.engine.submit(&rehearsed.agent, ask).await.unwrap();
    let id = held.row.id;
    if world.state(id).await == StateName::Held {
        world.approve(id).await;
        world.pass(Span::from_minutes(1));
    }
    id
}

#[tokio::test]
async fn no_server_but_the_providers_is_shown_a_token_and_each_login_keeps_its_user() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let elsewhere = AccountKind::Smtp(SmtpSettings {
        host: "localhost".to_owned(),
        port: provider.smtp,
        tls: TlsMode::None,
        ca_file: None,
        auth: SmtpAuth::Password {
            user: "apikey".to_owned(),
        },
    });
    let secret = Some("key");
    let world = World::through_with(Level::AskOnException, elsewhere, secret).await;
    read_from(&world, imap.settings(SentCopy::None), None).await;
    sign_in(&world, &provider).await;
    let (sends, reads) = logins(&world).await;
    let user = |user: &str| user.to_owned();
    assert_eq!(
        sends,
        SmtpAuth::Password {
            user: user("apikey")
        }
    );
    assert_eq!(reads, ImapAuth::Xoauth2 { user: user("me") });
    world.ask("dana@there.example").await;
    let heard = until(&world, "the relay is logged in at", async || {
        provider.book().logins.first().cloned()
    })
    .await;
    assert_eq!(heard, "\0apikey\0key");

    // Where nothing is the provider's, nobody is sent to sign in.
    let mut client = provider.client();
    client.hosts = vec!["there.example".to_owned()];
    let mailbox = mailbox(&world).await;
    let begun = world.engine.begin_sign_in(mailbox, Some(client), false);
    let refused = begun.await.unwrap_err();
    assert!(refused.detail.contains("there.example"), "{refused}");
    assert!(
        refused.detail.contains("localhost and 127.0.0.1"),
        "{refused}"
    );
}

#[tokio::test]
async fn signing_out_forgets_the_grant_and_goes_back_to_a_password() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    let mailbox = mailbox(&world).await;
    let engine = &world.engine;
    assert!(
        engine.sign_out(mailbox, None).await.is_err(),
        "never signed in"
    );
    sign_in(&world, &provider).await;
    until_sent(&world, "dana@there.example").await;
    let refused = engine.sign_out(mailbox, None).await.unwrap_err();
    assert!(refused.detail.contains("no password is kept"), "{refused}");

    let password = Some("app-password".to_owned());
    engine.sign_out(mailbox, password).await.unwrap();
    let user = "me".to_owned();
    let passwords = (
        SmtpAuth::Password { user: user.clone() },
        ImapAuth::Password { user },
    );
    assert_eq!(logins(&world).await, passwords);
    until_sent(&world, "eve@far.example").await;
    let last = provider.book().logins.last().cloned();
    assert_eq!(last.as_deref(), Some("\0me\0app-password"));
    // Nothing is left to sign in again with.
    let again = engine.begin_sign_in(mailbox, None, false).await;
    assert!(again.is_err());
}

#[tokio::test]
async fn who_is_signed_out_and_has_a_password_again_sends() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    until_sent(&world, "dana@there.example").await;
    provider.book().revoked = true;
    world.pass(Span::from_hours(2));
    let id = world.ask("eve@far.example").await.row.id;
    until(&world, "it is said", async || {
        sends(&world).filter(|(ok, _)| !ok)
    })
    .await;
    let password = Some("app-password".to_owned());
    let mailbox = mailbox(&world).await;
    world.engine.sign_out(mailbox, password).await.unwrap();
    // The refused try has a wait of its own behind it.
    until(&world, "it is sent", async || {
        (world.state(id).await == StateName::Sent).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_sends_with_no_token_waits_for_no_sign_in() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = World::at(Level::AskOnException).await;
    read_from(&world, imap.settings(SentCopy::None), Some("a password")).await;
    sign_in(&world, &provider).await;
    provider.book().revoked = true;
    world.pass(Span::from_hours(2));
    // Another watcher, that needs another token.
    let mut settings = imap.settings(SentCopy::None);
    settings.people_write = true;
    settings.auth = ImapAuth::Xoauth2 {
        user: "me".to_owned(),
    };
    read_from(&world, settings.clone(), None).await;
    until(&world, "reading is refused", async || {
        let health = world.engine.mail_health().into_values().next();
        health.filter(|one| one.text.contains("sign in again"))
    })
    .await;
    let id = world.ask("eve@far.example").await.row.id;
    world.until(id, StateName::Sent).await;

    // A token by hand would never be used beside a sign-in, a password ends that.
    let mailbox = mailbox(&world).await;
    let by_hand = Some("a token".to_owned());
    let set = world.engine.set_imap(mailbox, Some(settings), by_hand);
    let refused = set.await.unwrap_err();
    assert!(refused.detail.contains("sign out first"), "{refused}");
    read_from(&world, imap.settings(SentCopy::None), Some("a password")).await;
    until(&world, "it is read again", async || {
        let health = world.engine.mail_health().into_values().next();
        health.filter(|one| one.ok)
    })
    .await;
    let again = world.engine.begin_sign_in(mailbox, None, false).await;
    assert!(again.is_err(), "the grant is forgotten");
}

#[tokio::test]
async fn a_provider_in_a_bad_hour_signs_nobody_out() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    until_sent(&world, "dana@there.example").await;
    provider.book().broken = true;
    world.pass(Span::from_hours(2));
    let mut settings = imap.settings(SentCopy::None);
    settings.people_write = true;
    settings.auth = ImapAuth::Xoauth2 {
        user: "me".to_owned(),
    };
    read_from(&world, settings, None).await;
    // For reading it is a connection that is not there, and asked for again soon. Each
    // wait is twice the one before: any early one tells which kind of wait it is.
    let first = async {
        loop {
            let health = world.engine.mail_health().into_values().next();
            if let Some(one) = health.filter(|one| !one.ok && (1..=4).contains(&one.failures)) {
                return one;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let read = tokio::time::timeout(Duration::from_secs(20), first).await;
    let read = read.expect("it is said of reading");
    let rests = read.rests_until.unwrap();
    assert!(rests < read.at + Span::from_minutes(1), "{read:?}");
    let id = world.ask("eve@far.example").await.row.id;
    let said = until(&world, "it is said", async || {
        sends(&world).filter(|(ok, _)| !ok)
    })
    .await;
    assert!(said.1.contains("HTTP 500"), "{said:?}");
    assert!(!said.1.contains("sign in again"), "{said:?}");
    provider.book().broken = false;
    until(&world, "it is sent", async || {
        (world.state(id).await == StateName::Sent).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_renewal_is_kept_though_whoever_asked_has_left() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    until_sent(&world, "dana@there.example").await;
    world.pass(Span::from_minutes(58));
    provider.book().stalls = true;
    let mut settings = imap.settings(SentCopy::None);
    settings.auth = ImapAuth::Xoauth2 {
        user: "me".to_owned(),
    };
    settings.people_write = true;
    read_from(&world, settings.clone(), None).await;
    until(&world, "a renewal is under way", async || {
        (provider.book().refreshed == 1).then_some(())
    })
    .await;
    // The watcher that asked is ended by other settings; then the provider answers.
    settings.people_write = false;
    let ended = read_from(&world, settings, None);
    let answered = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        provider.book().stalls = false;
    };
    tokio::join!(ended, answered);
    // Had its refresh token gone with the watcher, nobody would get in again.
    until_sent(&world, "eve@far.example").await;
    world.pass(Span::from_hours(2));
    until_sent(&world, "finn@near.example").await;
    assert_eq!(provider.book().refused, 0);
}

#[tokio::test]
async fn a_refresh_token_the_vault_does_not_take_is_used_all_the_same() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    provider.book().long = true;
    world.pass(Span::from_hours(2));
    until_sent(&world, "dana@there.example").await;
    provider.book().long = false;
    world.pass(Span::from_hours(2));
    until_sent(&world, "eve@far.example").await;
    world.pass(Span::from_hours(2));
    until_sent(&world, "finn@near.example").await;
    assert_eq!(provider.book().taken.len(), 3);
}

#[tokio::test]
async fn many_that_need_a_token_at_once_spend_one_refresh_token() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    until_sent(&world, "dana@there.example").await;
    world.pass(Span::from_minutes(58));
    provider.book().stalls = true;
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(world.ask(&stranger(n)).await.row.id);
    }
    until(&world, "a renewal is under way", async || {
        (provider.book().refreshed > 0).then_some(())
    })
    .await;
    provider.book().stalls = false;
    for id in ids {
        world.until(id, StateName::Sent).await;
    }
    assert_eq!(provider.book().refreshed, 1);
    assert_eq!(provider.book().refused, 0);
}

#[tokio::test]
async fn reading_goes_on_the_moment_somebody_has_signed_in_again() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    sign_in(&world, &provider).await;
    provider.book().revoked = true;
    world.pass(Span::from_hours(2));
    let mut settings = imap.settings(SentCopy::None);
    settings.people_write = true;
    settings.auth = ImapAuth::Xoauth2 {
        user: "me".to_owned(),
    };
    read_from(&world, settings, None).await;
    until(&world, "reading is refused", async || {
        let health = world.engine.mail_health().into_values().next();
        health.filter(|one| one.text.contains("sign in again"))
    })
    .await;
    sign_in(&world, &provider).await;
    // The clock stands still: no rest ends by itself.
    let reads = async {
        while !world.engine.mail_health().into_values().all(|one| one.ok) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), reads).await;
    assert!(waited.is_ok(), "{:?}", world.engine.mail_health());
}

#[tokio::test]
async fn a_sign_in_that_is_given_up_ends_at_once() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let world = world(&provider, &imap).await;
    let mailbox = mailbox(&world).await;
    let client = Some(provider.client());
    let begun = world.engine.begin_sign_in(mailbox, client, false).await;
    let begun = begun.unwrap();
    let gives_up = async {
        tokio::task::yield_now().await;
        world.engine.cancel_sign_in(&begun.handle);
    };
    let waits = world.engine.finish_sign_in(&begun.handle);
    let (finished, ()) = tokio::join!(waits, gives_up);
    assert!(finished.unwrap_err().detail.contains("given up"));
    // Its door is shut.
    let port = field(begun.url.split_once('?').unwrap().1, "redirect_uri").unwrap();
    let there = port.strip_prefix("http://").unwrap();
    assert!(TcpStream::connect(there).await.is_err());
}

#[tokio::test]
async fn after_a_restart_a_revoked_sign_in_is_asked_about_once_and_mail_waits() {
    let (provider, imap) = (Provider::start().await, Imap::start().await);
    let mut world = World::on_disk_through(Level::AskOnException, relay_of(&provider)).await;
    read_from(&world, imap.settings(SentCopy::None), None).await;
    sign_in(&world, &provider).await;
    until_sent(&world, "dana@there.example").await;
    provider.book().revoked = true;
    world.pass(Span::from_hours(2));
    let id = world.ask("eve@far.example").await.row.id;
    until(&world, "it is said", async || {
        sends(&world).filter(|(ok, _)| !ok)
    })
    .await;
    world.restart(11).await;
    until(&world, "it is said again", async || {
        let health = world.engine.mail_health().into_values().next();
        health.filter(|one| one.text.contains("sign in again"))
    })
    .await;
    assert_eq!(world.state(id).await, StateName::Queued);
    // Sending may have asked before reading did; neither asks again.
    assert!(world.story(id).await.attempts.len() <= 2);
    sign_in(&world, &provider).await;
    until(&world, "it is sent", async || {
        (world.state(id).await == StateName::Sent).then_some(())
    })
    .await;
}
