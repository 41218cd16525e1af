//! A text that is compared with a number is never equal to it, and in a condition that is a slip: the language allows
//! it, we do not.

use cel_core::{Ast, BinaryOp, CelType, Expr, ListElement, SpannedExpr};

/// Refuses comparisons whose two sides can never be equal.
pub(super) fn check(ast: &Ast) -> Result<(), String> {
    walk(ast, ast.expr())
}

fn walk(ast: &Ast, at: &SpannedExpr) -> Result<(), String> {
    if let Expr::Binary { op: op @ (BinaryOp::Eq | BinaryOp::Ne | BinaryOp::In), left, right } = &at.node {
        let of = |side: &SpannedExpr| ast.type_info().and_then(|types| types.get_type(side.id)).and_then(plain);
        let element = |side: &SpannedExpr| match ast.type_info()?.get_type(side.id)? {
            CelType::List(element) => plain(element),
            _ => None,
        };
        let other = if *op == BinaryOp::In { element(right) } else { of(right) };
        if let (Some(one), Some(other)) = (of(left), other)
            && one != other
        {
            return Err(format!("it compares {one} with {other}, which are never equal"));
        }
    }
    inside(&at.node).into_iter().try_for_each(|inner| walk(ast, inner))
}

/// The name of a type that equals only itself; nothing for what may hold anything.
fn plain(of: &CelType) -> Option<&'static str> {
    match of {
        CelType::Bool => Some("a truth"),
        CelType::Int | CelType::UInt | CelType::Double => Some("a number"),
        CelType::String => Some("a text"),
        CelType::List(_) => Some("a list"),
        CelType::Wrapper(inner) => plain(inner),
        _ => None,
    }
}

fn inside(of: &Expr) -> Vec<&SpannedExpr> {
    match of {
        Expr::Unary { expr, .. } | Expr::Member { expr, .. } | Expr::MemberTestOnly { expr, .. } => vec![&**expr],
        Expr::Binary { left, right, .. } => vec![&**left, &**right],
        Expr::Ternary { cond, then_expr, else_expr } => vec![&**cond, &**then_expr, &**else_expr],
        Expr::Index { expr, index, .. } => vec![&**expr, &**index],
        Expr::Call { expr, args } => std::iter::once(&**expr).chain(args).collect(),
        Expr::List(elements) => elements.iter().map(|ListElement { expr, .. }| expr).collect(),
        Expr::Map(entries) => entries.iter().flat_map(|entry| [&entry.key, &entry.value]).collect(),
        Expr::Comprehension(all) => {
            vec![&*all.iter_range, &*all.accu_init, &*all.loop_condition, &*all.loop_step, &*all.result]
        }
        Expr::Bind { init, body, .. } => vec![&**init, &**body],
        Expr::Struct { fields, .. } => fields.iter().map(|field| &field.value).collect(),
        _ => Vec::new(),
    }
}
