use insta::assert_snapshot;

use super::{Contracts, differences, lines};

fn sdl(text: &str) -> Contracts {
    Contracts { graphql: text.to_owned(), ..Contracts::default() }
}

fn between(before: &str, now: &str) -> String {
    lines(&differences(&sdl(before), &sdl(now)))
}

#[test]
fn types_come_go_and_change_their_kind() {
    let told = between(
        "type Query { a: A } type A { x: Int y: Int } scalar S enum E { V }",
        "type Query { a: B } type B { x: Int y: Int } type S { x: Int } enum E { V }",
    );
    assert_snapshot!(told, @"
    breaking   GraphQL, A: this type is no longer there; is it `B` now?
    breaking   GraphQL, Query.a: its type was A and is B
    breaking   GraphQL, S: was a scalar and is an object
    safe       GraphQL, B: this type is new
    ");
}

#[test]
fn a_field_that_goes_breaks_and_one_that_comes_does_not() {
    let told = between("type Query { a: Int! b: String }", "type Query { b: String c: Int! d: Float }");
    assert_snapshot!(told, @"
    breaking   GraphQL, Query.a: this field is no longer there; is it `c` now?
    safe       GraphQL, Query.c: this field is new
    safe       GraphQL, Query.d: this field is new
    ");
}

#[test]
fn an_answer_may_promise_more_and_never_less() {
    let told = between(
        "type Query { a: Int b: Int! c: [Int!]! d: [Int] e: Int }",
        "type Query { a: Int! b: Int c: [Int]! d: [Int!] e: String }",
    );
    assert_snapshot!(told, @"
    breaking   GraphQL, Query.b: its type was Int! and is Int
    breaking   GraphQL, Query.c: its type was [Int!]! and is [Int]!
    breaking   GraphQL, Query.e: its type was Int and is String
    safe       GraphQL, Query.a: its type was Int and is Int!
    safe       GraphQL, Query.d: its type was [Int] and is [Int!]
    ");
}

#[test]
fn an_argument_may_ask_for_less_and_never_for_more() {
    let told = between(
        "type Query { f(a: Int, b: Int!, c: [Int], d: Int = 1, e: Int, g: Int! = 1, l: [Int]): Int }",
        "type Query { f(a: Int!, b: Int, c: [Int!], d: Int = 2, g: Int!, h: Int!, i: Int! = 1, j: Int, l: Int): Int }",
    );
    assert_snapshot!(told, @"
    breaking   GraphQL, Query.f(a:): its type was Int and is Int!
    breaking   GraphQL, Query.f(c:): its type was [Int] and is [Int!]
    breaking   GraphQL, Query.f(e:): is no longer taken
    breaking   GraphQL, Query.f(g:): its default was 1 and is nothing
    breaking   GraphQL, Query.f(h:): is new and required
    breaking   GraphQL, Query.f(l:): its type was [Int] and is Int
    dangerous  GraphQL, Query.f(d:): its default was 1 and is 2
    safe       GraphQL, Query.f(b:): its type was Int! and is Int
    safe       GraphQL, Query.f(i:): is new
    safe       GraphQL, Query.f(j:): is new
    ");
}

#[test]
fn inputs_are_arguments_too() {
    let told = between(
        "type Query { f(by: I, key: K): Int } input I { a: Int b: Int! c: Int } input K { a: Int }",
        "type Query { f(by: I, key: K): Int } input I { a: Int! b: Int d: Int e: Int! } input K @oneOf { a: Int }",
    );
    assert_snapshot!(told, @"
    breaking   GraphQL, I.a: its type was Int and is Int!
    breaking   GraphQL, I.c: is no longer taken
    breaking   GraphQL, I.e: is new and required
    breaking   GraphQL, K: takes exactly one of its fields now
    safe       GraphQL, I.b: its type was Int! and is Int
    safe       GraphQL, I.d: is new
    ");
}

#[test]
fn values_that_go_break_and_values_that_come_surprise_who_gets_them() {
    let told = between(
        "type Query { e: Got f(s: Sent): U } enum Got { A B } enum Sent { A B } union U = X | Y type X { a: Int } type Y { a: Int } type Z { a: Int }",
        "type Query { e: Got f(s: Sent): U } enum Got { A C } enum Sent { A C } union U = X | Z type X { a: Int } type Y { a: Int } type Z { a: Int }",
    );
    assert_snapshot!(told, @"
    breaking   GraphQL, Got.B: the value is no longer there
    breaking   GraphQL, Sent.B: the value is no longer there
    breaking   GraphQL, U.Y: the member is no longer there
    dangerous  GraphQL, Got.C: the value is new
    dangerous  GraphQL, U.Z: the member is new
    safe       GraphQL, Sent.C: the value is new
    ");
}

#[test]
fn scopes_interfaces_roots_and_directives() {
    let told = between(
        r#"schema { query: Query subscription: S } type S { a: Int }
        interface N { id: ID } interface M { id: ID } scalar Date @specifiedBy(url: "https://a.example")
        directive @fresh(age: Int) on FIELD | INLINE_FRAGMENT directive @gone on FIELD
        type Query implements N {
            id: ID
            "Who pays. Needs the scope `order:read`." a: Int
            "Needs the scope `order:read`." b: Int
        }"#,
        r#"schema { query: Query } type S { a: Int }
        interface N { id: ID } interface M { id: ID } scalar Date @specifiedBy(url: "https://b.example")
        directive @fresh(age: Int!) on FIELD directive @more on FIELD
        type Query implements M {
            id: ID @deprecated
            "Needs the scope `money:read`. Freshness class `orders`." a: Int
            b: Int
        }"#,
    );
    assert_snapshot!(told, @"
    breaking   GraphQL, @fresh: may no longer stand on InlineFragment
    breaking   GraphQL, @fresh(age:): its type was Int and is Int!
    breaking   GraphQL, @gone: this directive is no longer there
    breaking   GraphQL, Query: no longer implements N
    breaking   GraphQL, Query.a: the scope `money:read` is needed now
    breaking   GraphQL, subscription: is no longer there
    dangerous  GraphQL, Date: is specified elsewhere now
    dangerous  GraphQL, Query: implements M now
    safe       GraphQL, @more: this directive is new
    safe       GraphQL, Query.a: the scope `order:read` is no longer needed
    safe       GraphQL, Query.b: the scope `order:read` is no longer needed
    safe       GraphQL, Query.id: is deprecated now
    ");
}

#[test]
fn what_is_no_schema_is_said_to_be_none() {
    let error =
        super::compare(&sdl("type Query { a: Int }"), &sdl("type Query {"), super::today()).expect_err("no SDL");
    assert_eq!(error.to_string(), "the present GraphQL schema cannot be read");
}
