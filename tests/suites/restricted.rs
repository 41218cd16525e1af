//! A consumer that may see some customers only cannot tell what belongs to others from what does not exist: not by
//! the answer, its headers, its price or the calls that it makes, and not by what others have just asked for.

use portico_tests::{Fault, Role, Scene, Tenant};

/// Paths that show something of one key; the key stands for `#`. With a key of somebody else's, and one of nobody's.
const PATHS: [(&str, &str, &str); 5] = [
    ("/partner/v1/orders/#", "SO-1054", "SO-1999"),
    ("/partner/v2/orders/#", "SO-1054", "SO-1999"),
    ("/partner/v3/orders/#", "SO-9999", "SO-9998"),
    ("/partner/v2/warranties/#", "SN-9999", "SN-9998"),
    ("/partner/v2/orders?customer=#", "C-1004", "C-0004"),
];

/// The whole answer with the key taken out, and how often systems were called for it.
async fn seen(scene: &Scene, path: &str, key: &str, cache_control: &str) -> (String, u64) {
    let calls = || [Role::Erp, Role::Crm, Role::Support].map(|role| scene.sandbox().calls_to(Tenant::Acme, role));
    let before: u64 = calls().iter().sum();
    let ask = scene.get(&path.replace('#', key)).as_consumer("partner-two").header("cache-control", cache_control);
    let whole = ask.send().await.whole().replace(key, "#");
    // A tag is made of the body, in which the key stands.
    let untagged: Vec<&str> = whole.lines().filter(|line| !line.starts_with("etag: ")).collect();
    (untagged.join("\n"), calls().iter().sum::<u64>() - before)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_others_and_what_is_nothing_are_alike_on_every_path() {
    for (path, others, nobodys) in PATHS {
        let scene = Scene::start().await;
        // The first call of a system brings a token, too.
        for own in ["/partner/v2/orders/SO-1042", "/partner/v2/warranties/SN-77"] {
            assert_eq!(scene.get(own).as_consumer("partner-two").send().await.status, 200);
        }
        for wish in ["only-if-cached", "max-age=60", "max-age=60", "only-if-cached", "no-cache"] {
            let hidden = seen(&scene, path, others, wish).await;
            assert_eq!(hidden, seen(&scene, path, nobodys, wish).await, "{path} {wish}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_asked_for_shows_nothing() {
    let scene = Scene::start().await;
    for (path, others, nobodys) in PATHS {
        for key in [others, nobodys] {
            scene.get(&path.replace('#', key)).as_consumer("partner-one").send().await;
        }
        for wish in ["only-if-cached", "max-age=60", "only-if-cached"] {
            let hidden = seen(&scene, path, others, wish).await;
            assert_eq!(hidden, seen(&scene, path, nobodys, wish).await, "{path} {wish}");
        }
    }
    // A system that is away is away for both, whatever is held for others.
    scene.sandbox().set_fault(Tenant::Acme, Role::Erp, Fault::Down).await;
    for (path, others, nobodys) in PATHS {
        let hidden = seen(&scene, path, others, "no-cache").await.0;
        assert_eq!(hidden, seen(&scene, path, nobodys, "no-cache").await.0, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_shared_with_who_sees_more() {
    let scene = Scene::start().await;
    let order = "/partner/v2/orders/SO-1042";
    for consumer in ["partner-one", "partner-two", "partner-one", "partner-two"] {
        assert_eq!(scene.get(order).as_consumer(consumer).send().await.status, 200, "{consumer}");
    }
    let after = scene.sandbox().calls_to(Tenant::Acme, Role::Erp);
    for consumer in ["partner-one", "partner-two"] {
        let reply = scene.get(order).as_consumer(consumer).send().await;
        assert_eq!(reply.header("cache-status"), "portico; hit", "{consumer}");
    }
    assert_eq!(scene.sandbox().calls_to(Tenant::Acme, Role::Erp), after, "each is served from what is kept for it");
}
