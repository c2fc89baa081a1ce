//! Logistic regression over hashed features, by steps whose length each weight chooses from its
//! own past (AdaGrad), pulled towards nothing. Chance is a seed: the same lines give the same
//! weights, octet by octet.

use triage::model::{Linear, length, sigmoid};

/// How to learn.
#[derive(Clone, Copy)]
pub struct Rates {
    /// Length of a first step.
    pub step: f32,
    /// How strongly weights are pulled towards nothing.
    pub pull: f32,
}

/// One class being learned.
#[derive(Clone)]
pub struct Learner {
    bits: u32,
    rates: Rates,
    pub bias: f32,
    weights: Vec<f32>,
    past: Vec<f32>,
    past_bias: f32,
}

impl Learner {
    pub fn new(bits: u32, rates: Rates) -> Self {
        Self {
            bits,
            rates,
            bias: 0.0,
            weights: vec![0.0; 1 << bits],
            past: vec![1e-3; 1 << bits],
            past_bias: 1e-3,
        }
    }

    fn bucket(&self, feature: u32) -> usize {
        feature as usize & ((1 << self.bits) - 1)
    }

    pub fn weight(&self, feature: u32) -> f32 {
        self.weights
            .get(self.bucket(feature))
            .copied()
            .unwrap_or_default()
    }

    pub fn score(&self, features: &[u32]) -> f32 {
        let sum: f32 = features.iter().map(|one| self.weight(*one)).sum();
        self.bias + sum / length(features.len())
    }

    /// One step towards calling these features so.
    pub fn learn(&mut self, features: &[u32], is_one: bool, importance: f32) {
        let wanted = if is_one { 1.0 } else { 0.0 };
        let error = (sigmoid(self.score(features)) - wanted) * importance;
        if error.abs() < 1e-4 {
            return;
        }
        let each = error / length(features.len());
        let Rates { step, pull } = self.rates;
        for feature in features {
            let at = self.bucket(*feature);
            if let (Some(weight), Some(past)) = (self.weights.get_mut(at), self.past.get_mut(at)) {
                let slope = each + pull * *weight;
                *past += slope * slope;
                *weight -= step * slope / past.sqrt();
            }
        }
        self.past_bias += error * error;
        self.bias -= 0.1 * step * error / self.past_bias.sqrt();
    }

    /// The heaviest weight there is.
    fn heaviest(&self) -> f32 {
        self.weights.iter().fold(0.0, |most, w| w.abs().max(most))
    }
}

/// Learners of the same features as one model: each weight one octet.
pub fn packed(title: String, learners: &[Learner], slope: f32, middle: f32) -> Linear {
    let mut model = Linear {
        title,
        bits: learners.first().map_or(0, |one| one.bits),
        bias: Vec::new(),
        scale: Vec::new(),
        slope,
        middle,
        weights: Vec::new(),
    };
    for learner in learners {
        let scale = (learner.heaviest() / 127.0).max(f32::MIN_POSITIVE);
        model.bias.push(learner.bias);
        model.scale.push(scale);
        model
            .weights
            .extend(learner.weights.iter().map(|w| octet(w / scale)));
    }
    model
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "clamped to what an octet holds"
)]
fn octet(x: f32) -> i8 {
    x.round().clamp(-127.0, 127.0) as i8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_two_kinds_apart_is_learned_and_survives_packing() {
        let rates = Rates {
            step: 0.5,
            pull: 1e-4,
        };
        let mut learner = Learner::new(8, rates);
        for _ in 0..50 {
            learner.learn(&[1, 2], true, 1.0);
            learner.learn(&[3, 2], false, 1.0);
        }
        let model = packed("t".to_owned(), &[learner.clone()], 1.0, 0.0);
        assert!(model.score(0, &[1, 2]) > 1.0 && model.score(0, &[3, 2]) < -1.0);
        assert!((model.score(0, &[1, 2]) - learner.score(&[1, 2])).abs() < 0.1);
    }
}
