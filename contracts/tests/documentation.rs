//! What the documentation shows is true: its worked example is a sound pack.

use portico_contracts::packs::Pack;

#[test]
fn the_worked_example_of_packs_md_is_a_sound_pack() {
    let page = include_str!("../../docs/packs.md");
    let (_, after) = page.split_once("documentation.rs -->\n```yaml\n").expect("the example begins behind its comment");
    let (yaml, _) = after.split_once("```").expect("the example ends");
    let pack = Pack::parse("helpline", yaml).expect("no mistakes");
    let case = &pack.entities["Case"];
    assert_eq!(case.by.keys().copied().collect::<Vec<_>>(), ["number", "customerNumber", "orderNumber"]);
}
