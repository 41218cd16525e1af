//! Numbers that look random and never change.

/// Splitmix64, seeded by what the numbers are for.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is not zero.
    pub(super) fn below(&mut self, limit: u32) -> u32 {
        u32::try_from(self.roll() % u64::from(limit.max(1))).unwrap_or_default()
    }

    /// One of some things, of which there is at least one.
    pub(super) fn one_of<'a, T: ?Sized>(&mut self, things: &[&'a T]) -> &'a T {
        let count = u32::try_from(things.len()).unwrap_or(u32::MAX);
        let at = usize::try_from(self.below(count)).unwrap_or_default();
        things[at]
    }

    /// True so many times out of a hundred.
    pub(super) fn percent(&mut self, chance: u32) -> bool {
        self.below(100) < chance
    }
}
