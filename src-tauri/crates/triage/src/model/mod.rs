//! Small linear models over hashed features, their weights kept in the tree.
//!
//! A file of weights is one line of text (what it is, how it was made, of which lines) and then
//! numbers, little-endian: per class a bias and a scale, two numbers of calibration, and one octet
//! per class and bucket. `sendoff-eval train` writes them; nothing here learns.

pub mod features;

use std::sync::LazyLock;

use domain::Intent;

/// First word of a file of weights.
pub const MAGIC: &str = "sendoff-weights-1";

/// A linear model: for each class a bias and a weight per bucket.
#[derive(Clone, PartialEq, Debug)]
pub struct Linear {
    /// The line that says what it is: area, buckets, classes, digest of the data, number of lines.
    pub title: String,
    /// Buckets are 2 to this power.
    pub bits: u32,
    /// What is added to each class.
    pub bias: Vec<f32>,
    /// What an octet of weight is worth, per class.
    pub scale: Vec<f32>,
    /// Calibration: probability is `sigmoid(slope × (score − middle))`.
    pub slope: f32,
    /// The score that is called one half.
    pub middle: f32,
    /// Class by class, one octet a bucket.
    pub weights: Vec<i8>,
}

/// The models that ship.
pub struct Shipped {
    /// Orders to an assistant, one class.
    pub threat: Linear,
    /// Intents, in the order of [`Intent::ALL`].
    pub intent: Linear,
    /// Whether a sentence asks for something, one class.
    pub asks: Linear,
    /// Whether a sentence wants to hear no more, one class.
    pub stop: Linear,
    /// Spam, one class.
    pub bulk: Linear,
}

/// The models that ship, read once.
pub static SHIPPED: LazyLock<Shipped> = LazyLock::new(|| Shipped {
    threat: Linear::read_or_empty(include_bytes!("../../weights/threat.bin"), 1),
    intent: Linear::read_or_empty(
        include_bytes!("../../weights/intent.bin"),
        Intent::ALL.len(),
    ),
    asks: Linear::read_or_empty(include_bytes!("../../weights/asks.bin"), 1),
    stop: Linear::read_or_empty(include_bytes!("../../weights/stop.bin"), 1),
    bulk: Linear::read_or_empty(include_bytes!("../../weights/bulk.bin"), 1),
});

impl Linear {
    /// A model that says nothing: score 0 for everything, far below one half.
    pub fn empty(classes: usize) -> Self {
        Self {
            title: String::new(),
            bits: 0,
            bias: vec![0.0; classes],
            scale: vec![0.0; classes],
            slope: 1.0,
            middle: 10.0,
            weights: vec![0; classes],
        }
    }

    /// Reads a file of weights; nothing if it is not one.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|&b| b == b'\n')?;
        let title = std::str::from_utf8(bytes.get(..end)?).ok()?.to_owned();
        let mut words = title.split(' ');
        if words.next() != Some(MAGIC) {
            return None;
        }
        let number = |name: &str| -> Option<u32> {
            title
                .split(' ')
                .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
                .and_then(|value| value.parse().ok())
        };
        let (bits, classes) = (number("bits")?, number("classes")? as usize);
        if bits > 20 || classes > 64 {
            return None;
        }
        let mut rest = bytes.get(end + 1..)?;
        let mut float = || -> Option<f32> {
            let (four, after) = rest.split_first_chunk::<4>()?;
            rest = after;
            Some(f32::from_le_bytes(*four))
        };
        let (slope, middle) = (float()?, float()?);
        let mut bias = Vec::new();
        let mut scale = Vec::new();
        for _ in 0..classes {
            bias.push(float()?);
            scale.push(float()?);
        }
        let weights: Vec<i8> = rest.iter().map(|b| b.cast_signed()).collect();
        (weights.len() == classes << bits).then_some(Self {
            title,
            bits,
            bias,
            scale,
            slope,
            middle,
            weights,
        })
    }

    fn read_or_empty(bytes: &[u8], classes: usize) -> Self {
        Self::read(bytes)
            .filter(|model| model.bias.len() == classes)
            .unwrap_or_else(|| Self::empty(classes))
    }

    /// As it is written to a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.title.clone().into_bytes();
        out.push(b'\n');
        out.extend(self.slope.to_le_bytes());
        out.extend(self.middle.to_le_bytes());
        for (bias, scale) in self.bias.iter().zip(&self.scale) {
            out.extend(bias.to_le_bytes());
            out.extend(scale.to_le_bytes());
        }
        out.extend(self.weights.iter().map(|w| w.cast_unsigned()));
        out
    }

    /// What a feature weighs for a class.
    pub fn weight(&self, class: usize, feature: u32) -> f32 {
        let bucket = feature as usize & ((1 << self.bits) - 1);
        let octet = self.weights.get((class << self.bits) + bucket);
        f32::from(octet.copied().unwrap_or_default())
            * self.scale.get(class).copied().unwrap_or_default()
    }

    /// The score of features for a class; their values count as one each, and the whole is divided
    /// by the length of the vector they make, so that long texts are not louder than short ones.
    pub fn score(&self, class: usize, features: &[u32]) -> f32 {
        let bias = self.bias.get(class).copied().unwrap_or_default();
        if features.is_empty() {
            return bias;
        }
        let sum: f32 = features.iter().map(|one| self.weight(class, *one)).sum();
        bias + sum / length(features.len())
    }

    /// A score as a probability.
    pub fn probability(&self, score: f32) -> f32 {
        sigmoid(self.slope * (score - self.middle))
    }
}

/// The length of a vector of that many ones.
#[expect(clippy::cast_precision_loss, reason = "counts of words are small")]
pub fn length(count: usize) -> f32 {
    (count as f32).sqrt().max(1.0)
}

/// The logistic function.
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_read_as_they_were_written() {
        let model = Linear {
            title: format!("{MAGIC} area=test bits=2 classes=2 digest=0 lines=1"),
            bits: 2,
            bias: vec![0.5, -0.5],
            scale: vec![0.1, 0.2],
            slope: 2.0,
            middle: 1.0,
            weights: vec![1, -2, 3, -4, 5, 6, 7, 8],
        };
        let read = Linear::read(&model.to_bytes()).unwrap();
        assert_eq!(read, model);
        assert!((read.score(0, &[1]) - (0.5 - 0.2)).abs() < 1e-6);
        assert!((read.probability(1.0) - 0.5).abs() < 1e-6);
        assert_eq!(Linear::read(b"else\n"), None);
    }

    #[test]
    fn the_models_that_ship_are_whole() {
        for model in [
            &SHIPPED.threat,
            &SHIPPED.intent,
            &SHIPPED.asks,
            &SHIPPED.stop,
            &SHIPPED.bulk,
        ] {
            assert!(model.title.starts_with(MAGIC), "{}", model.title);
            assert!(model.title.contains("digest="));
            assert!(model.weights.iter().any(|w| *w != 0));
        }
    }
}
