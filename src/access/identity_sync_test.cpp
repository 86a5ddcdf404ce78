// Identities over each kind of database, and several servers' over one.
#include <doctest/doctest.h>

#include <thread>

#include "access/identity_store.h"
#include "db/test_databases.h"

using namespace gyre;
using access::IdentityStore;
using access::Principal;
using access::PrincipalKind;

namespace {

constexpr auto kAnybody =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*",)"
    R"("Action":"sts:AssumeRole"}]})";
constexpr auto kReads =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject",)"
    R"("Resource":"*"}]})";

struct Server {
    explicit Server(const db::TestDatabase& kind) : database(kind.open()) {
        auto opened =
            IdentityStore::Open(*database, clock, {"123456789012", "us-east-1", "ROOT", "secret"});
        REQUIRE_MESSAGE(opened, opened.error().ToString());
        store = std::move(*opened);
    }
    core::FakeClock clock;
    std::unique_ptr<db::Database> database;
    std::unique_ptr<IdentityStore> store;
};

Principal Named(PrincipalKind kind, const std::string& name) {
    Principal principal;
    principal.kind = kind;
    principal.name = name;
    if (kind == PrincipalKind::kRole) principal.trust_policy = kAnybody;
    return principal;
}

/// Another server's news take a moment.
bool Soon(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + core::seconds(20);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(core::milliseconds(5));
    }
    return true;
}

}  // namespace

TEST_CASE("identities of every kind are there after a restart, over each kind of database") {
    for (const db::TestDatabase& kind : db::EachDatabase()) {
        CAPTURE(kind.kind);
        std::string key_id;
        access::Session session;
        {
            const Server server(kind);
            IdentityStore& store = *server.store;
            REQUIRE(store.Create(Named(PrincipalKind::kUser, "Ann")));
            REQUIRE(store.Create(Named(PrincipalKind::kUser, "gone")));
            REQUIRE(store.Create(Named(PrincipalKind::kGroup, "team")));
            const auto role = store.Create(Named(PrincipalKind::kRole, "worker"));
            REQUIRE(role);
            CHECK(store.Create(Named(PrincipalKind::kUser, "ann")).error().wire_name ==
                  "EntityAlreadyExists");
            REQUIRE(store.AddToGroup("Ann", "team"));
            REQUIRE(store.PutPolicy(PrincipalKind::kGroup, "team", "reads", kReads));
            access::ManagedPolicy managed;
            managed.name = "reads";
            managed.path = "/";
            const auto policy = store.CreateManaged(managed, kReads);
            REQUIRE(policy);
            REQUIRE(store.CreateVersion(policy->arn, kReads, true));
            REQUIRE(store.Attach(PrincipalKind::kUser, "Ann", policy->arn));
            const auto key = store.CreateKey("Ann");
            REQUIRE(key);
            key_id = key->id;
            REQUIRE(store.SetKeyActive("Ann", key_id, false));
            REQUIRE(store.SetKeyActive("Ann", key_id, true));
            REQUIRE(store.Rename(PrincipalKind::kUser, "Ann", "Anna", "/p/"));
            REQUIRE(store.Delete(PrincipalKind::kUser, "gone"));
            IdentityStore::SessionWish wish;
            wish.name = "s";
            const auto begun = store.StartSession(*role, std::move(wish));
            REQUIRE(begun);
            session = *begun;
        }
        const Server server(kind);
        const IdentityStore& store = *server.store;
        CHECK(store.Get(PrincipalKind::kUser, "Anna")->path == "/p/");
        CHECK_FALSE(store.Get(PrincipalKind::kUser, "gone"));
        CHECK(store.GroupsOf("Anna")->size() == 1);
        CHECK(store.Find(key_id)->caller.arn == "arn:aws:iam::123456789012:user/p/Anna");
        CHECK(store.Find(session.access_key_id)->secret == session.secret);
        CHECK(store.ListManaged().size() > 1);
    }
}

TEST_CASE("what one server changes holds at the others, sessions and refusals too") {
    for (const db::TestDatabase& kind : db::NewPostgres()) {
        const Server one(kind);
        const Server two(kind);
        REQUIRE(one.store->Create(Named(PrincipalKind::kUser, "Ann")));
        const auto role = one.store->Create(Named(PrincipalKind::kRole, "worker"));
        const auto key = one.store->CreateKey("Ann");
        REQUIRE(key);
        CHECK(Soon([&] { return two.store->Find(key->id).has_value(); }));
        IdentityStore::SessionWish wish;
        wish.name = "s";
        const auto session = one.store->StartSession(*role, std::move(wish));
        REQUIRE(session);
        CHECK(Soon([&] { return two.store->Find(session->access_key_id).has_value(); }));
        REQUIRE(two.store->DeleteKey("Ann", key->id));
        CHECK(Soon([&] { return !one.store->Find(key->id).has_value(); }));
        // A change reads first what it has not heard of.
        REQUIRE(one.store->Create(Named(PrincipalKind::kUser, "Bob")));
        CHECK(two.store->CreateKey("Bob"));
        REQUIRE(two.store->Create(Named(PrincipalKind::kUser, "Cleo")));
        CHECK(one.store->Create(Named(PrincipalKind::kUser, "cleo")).error().wire_name ==
              "EntityAlreadyExists");
    }
}

TEST_CASE("changes by several servers at once are all kept, or refused by name") {
    for (const db::TestDatabase& kind : db::NewPostgres()) {
        const Server one(kind);
        const Server two(kind);
        REQUIRE(one.store->Create(Named(PrincipalKind::kUser, "Ann")));
        std::atomic<int> made{0};
        const auto tag = [&](IdentityStore& store, const std::string& prefix) {
            for (int i = 0; i < 20; ++i) {
                const auto done =
                    store.SetTags(PrincipalKind::kUser, "Ann", {{prefix + std::to_string(i), "x"}});
                if (done) {
                    ++made;
                } else if (done.error().wire_name != "ConcurrentModification") {
                    std::abort();
                }
            }
        };
        std::thread other([&] { tag(*two.store, "b"); });
        tag(*one.store, "a");
        other.join();
        const Server third(kind);
        CHECK(third.store->Get(PrincipalKind::kUser, "Ann")->tags.size() ==
              static_cast<size_t>(made));
        CHECK(made > 0);
    }
}
