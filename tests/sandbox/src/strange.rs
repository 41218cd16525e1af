//! Addresses that nobody means, for tests that say nothing makes a simulator panic.

/// Targets made of every fragment that means something, at random but always the same.
pub(crate) fn strange_targets(fragments: &[&str]) -> impl Iterator<Item = String> {
    let mut state = 7_u64;
    std::iter::repeat_with(move || {
        let mut pick = |count: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % count
        };
        let length = 1 + pick(12);
        (0..length).map(|_| fragments[pick(fragments.len())]).collect()
    })
}
