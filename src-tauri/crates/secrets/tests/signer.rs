//! The signing key: the same after a restart, out of reach while locked, and what it signed can be
//! checked by anyone who has the public half.

use std::sync::atomic::{AtomicU8, Ordering};

use domain::{IdSource, Timestamp};
use secrets::{Cost, Error, Key, PublicKey, Secret, Signer, Vault};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// Counts instead of drawing: every answer differs, and a test run repeats.
struct Counted(AtomicU8);

impl IdSource for Counted {
    fn uuid(&self, _now: Timestamp) -> Uuid {
        Uuid::from_u128(self.0.fetch_add(1, Ordering::Relaxed).into())
    }
    fn secret(&self) -> [u8; 32] {
        [self.0.fetch_add(1, Ordering::Relaxed); 32]
    }
}

fn ids() -> Counted {
    Counted(AtomicU8::new(1))
}

#[test]
fn a_vault_has_no_signing_key_until_one_is_made_and_then_keeps_it() {
    let vault = Vault::memory();
    assert!(Signer::take(&vault).unwrap().is_none());
    let made = Signer::make(&vault, &ids()).unwrap();
    let taken = Signer::take(&vault).unwrap().unwrap();
    assert_eq!(taken.public(), made.public());
    assert_eq!(taken.sign(b"head"), made.sign(b"head"));
}

#[test]
fn a_locked_vault_signs_nothing_and_the_key_is_the_same_once_unlocked() {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::create_passphrase(dir.path(), "horse", Cost::FOR_TESTS, &ids()).unwrap();
    let public = Signer::make(&vault, &ids()).unwrap().public();
    let again = Vault::open(dir.path()).unwrap();
    assert!(matches!(Signer::take(&again), Err(Error::Locked)));
    assert!(matches!(Signer::make(&again, &ids()), Err(Error::Locked)));
    again.unlock("horse", NOW).unwrap();
    assert_eq!(Signer::take(&again).unwrap().unwrap().public(), public);
}

#[test]
fn anyone_with_the_public_half_can_check_and_nothing_else_holds() {
    let signer = Signer::make(&Vault::memory(), &ids()).unwrap();
    let signature = signer.sign(b"entry 7");
    let public = PublicKey::from_hex(&signer.public().to_string()).unwrap();
    assert!(public.signed(b"entry 7", &signature));
    assert!(!public.signed(b"entry 8", &signature));
    assert!(!public.signed(b"entry 7", &signature[1..]));
    let mut flipped = signature;
    flipped[40] ^= 1;
    assert!(!public.signed(b"entry 7", &flipped));
    let other = Counted(AtomicU8::new(99));
    let stranger = Signer::make(&Vault::memory(), &other).unwrap().public();
    assert!(!stranger.signed(b"entry 7", &signature));
}

#[test]
fn text_that_is_no_key_is_refused_and_a_key_never_prints_its_secret_half() {
    for text in ["", "ab", &"g".repeat(64), &"ab".repeat(33)] {
        assert!(PublicKey::from_hex(text).is_none(), "{text}");
    }
    let signer = Signer::make(&Vault::memory(), &ids()).unwrap();
    assert_eq!(
        format!("{signer:?}"),
        format!("Signer({})", signer.public())
    );
}

#[test]
fn a_seed_of_the_wrong_length_is_called_damaged() {
    let vault = Vault::memory();
    vault
        .put(&Key::signing(), &Secret::new(vec![1; 31]), &ids())
        .unwrap();
    assert!(matches!(Signer::take(&vault), Err(Error::Damaged { .. })));
}

#[test]
fn the_signature_is_ed25519_as_rfc_8032_has_it() {
    // RFC 8032, section 7.1, test 1: the empty message.
    let vault = Vault::memory();
    let seed: domain::Digest = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
        .parse()
        .unwrap();
    vault
        .put(&Key::signing(), &Secret::new(seed.0.to_vec()), &ids())
        .unwrap();
    let signer = Signer::take(&vault).unwrap().unwrap();
    assert_eq!(
        signer.public().to_string(),
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    );
    let hex: String = signer
        .sign(b"")
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert_eq!(
        hex,
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd\
         25bf5f0595bbe24655141438e7a100b"
    );
}
