#include "access/identity_store.h"

#include <doctest/doctest.h>

#include "core/temp_dir.h"

using namespace gyre;
using namespace gyre::access;

namespace {

constexpr const char* kTrustAccount = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",
    "Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]})";
constexpr const char* kTrustService = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow",
    "Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}})";

std::string Allow(const std::string& action, const std::string& resource) {
    return R"({"Version":"2012-10-17","Statement":[{"Sid":"S","Effect":"Allow","Action":")" +
           action + R"(","Resource":")" + resource + "\"}]}";
}

struct House {
    core::TempDir folder;
    core::FakeClock clock;
    std::unique_ptr<db::Database> database;
    std::unique_ptr<IdentityStore> store;

    House() { Restart(); }
    void Restart() {
        store.reset();
        database.reset();
        auto opened = db::Database::Open(folder.Path() / "gyre.db");
        REQUIRE(opened);
        database = std::move(*opened);
        auto identities = IdentityStore::Open(
            *database, clock, {"123456789012", "us-east-1", "ROOTKEY", "root-secret"});
        REQUIRE(identities);
        store = std::move(*identities);
    }
    Principal User(const std::string& name) {
        Principal user;
        user.name = name;
        auto made = store->Create(user);
        REQUIRE(made);
        return *made;
    }
    Principal Role(const std::string& name, const std::string& trust) {
        Principal role;
        role.kind = PrincipalKind::kRole;
        role.name = name;
        role.path = "/service-role/";
        role.trust_policy = trust;
        auto made = store->Create(role);
        REQUIRE(made);
        return *made;
    }
    Credential KeyOf(const std::string& user) {
        auto key = store->CreateKey(user);
        REQUIRE(key);
        auto credential = store->Find(key->id);
        REQUIRE(credential);
        CHECK(credential->secret == key->secret);
        return *credential;
    }
};

template <typename T>
std::string ErrorOf(const core::Result<T>& result) {
    return result ? "" : result.error().wire_name;
}

IdentityStore::SessionWish Wish(const char* name, std::string policy) {
    IdentityStore::SessionWish wish;
    wish.name = name;
    wish.policy = std::move(policy);
    wish.duration = core::seconds(900);
    return wish;
}

}  // namespace

TEST_CASE("the root user is known and may do anything") {
    House house;
    const auto root = house.store->Find("ROOTKEY");
    REQUIRE(root);
    CHECK(root->secret == "root-secret");
    CHECK(root->caller.arn == "arn:aws:iam::123456789012:root");
    CHECK(house.store->Authorise(*root, "s3:DeleteBucket", "arn:aws:s3:::b", {}).Allowed());
    CHECK_FALSE(house.store->Find(""));
    CHECK_FALSE(house.store->Find("ANOTHER"));
}

TEST_CASE("a user may do what its policies say, and remembers them over a restart") {
    House house;
    const Principal ann = house.User("ann");
    CHECK(ann.arn == "arn:aws:iam::123456789012:user/ann");
    const Credential key = house.KeyOf("ann");
    const auto decide = [&](const char* action, const char* resource) {
        return house.store->Authorise(key, action, resource, {});
    };
    CHECK(decide("s3:GetObject", "arn:aws:s3:::b/x").effect == Decision::Effect::kImplicitDeny);
    REQUIRE(house.store->PutPolicy(PrincipalKind::kUser, "ann", "reader",
                                   Allow("s3:Get*", "arn:aws:s3:::b/${aws:username}/*")));
    for (int i = 0; i < 2; ++i) {
        CHECK(decide("s3:GetObject", "arn:aws:s3:::b/ann/x").Allowed());
        CHECK(decide("s3:GetObject", "arn:aws:s3:::b/ann/x").policy == "reader");
        CHECK_FALSE(decide("s3:GetObject", "arn:aws:s3:::b/bob/x").Allowed());
        CHECK_FALSE(decide("s3:PutObject", "arn:aws:s3:::b/ann/x").Allowed());
        CHECK(house.store->Find(key.access_key_id)->secret == key.secret);
        house.Restart();
    }
    REQUIRE(house.store->DeletePolicy(PrincipalKind::kUser, "ann", "reader"));
    CHECK_FALSE(decide("s3:GetObject", "arn:aws:s3:::b/ann/x").Allowed());
}

TEST_CASE("refusals of changes, in IAM's words") {
    House house;
    house.User("ann");
    auto& store = *house.store;
    Principal again;
    again.name = "ANN";
    CHECK(ErrorOf(store.Create(again)) == "EntityAlreadyExists");
    CHECK(ErrorOf(store.Get(PrincipalKind::kRole, "ann")) == "NoSuchEntity");
    CHECK(ErrorOf(store.PutPolicy(PrincipalKind::kUser, "bob", "p", Allow("s3:*", "*"))) ==
          "NoSuchEntity");
    for (const char* bad : {"", "{}", "[]", R"({"Statement":[]})",
                            R"({"Statement":{"Effect":"Allow","Action":"s3:*"}})"}) {
        CHECK(ErrorOf(store.PutPolicy(PrincipalKind::kUser, "ann", "p", bad)) ==
              "MalformedPolicyDocument");
    }
    CHECK(ErrorOf(store.PutPolicy(PrincipalKind::kUser, "ann", "p",
                                  Allow("s3:*", "arn:aws:s3:::" + std::string(3000, 'x')))) ==
          "LimitExceeded");
    CHECK(ErrorOf(store.DeletePolicy(PrincipalKind::kUser, "ann", "p")) == "NoSuchEntity");
    const auto key = store.CreateKey("ann");
    REQUIRE(key);
    REQUIRE(store.CreateKey("ann"));
    CHECK(ErrorOf(store.CreateKey("ann")) == "LimitExceeded");
    CHECK(ErrorOf(store.Delete(PrincipalKind::kUser, "ann")) == "DeleteConflict");
    CHECK(ErrorOf(store.DeleteKey("ann", "AKIANOTHERE")) == "NoSuchEntity");
    const auto keys = store.ListKeys("ann");
    REQUIRE(keys);
    for (const AccessKey& each : *keys) CHECK(store.DeleteKey("ann", each.id));
    REQUIRE(store.PutPolicy(PrincipalKind::kUser, "ann", "p", Allow("s3:*", "*")));
    CHECK(ErrorOf(store.Delete(PrincipalKind::kUser, "ann")) == "DeleteConflict");
    REQUIRE(store.DeletePolicy(PrincipalKind::kUser, "ann", "p"));
    CHECK(store.Delete(PrincipalKind::kUser, "ann"));
    CHECK_FALSE(store.Find(key->id));
}

TEST_CASE("a key that is switched off is unknown until it is switched on") {
    House house;
    house.User("ann");
    const Credential key = house.KeyOf("ann");
    REQUIRE(house.store->SetKeyActive("ann", key.access_key_id, false));
    CHECK_FALSE(house.store->Find(key.access_key_id));
    house.Restart();
    CHECK_FALSE(house.store->Find(key.access_key_id));
    REQUIRE(house.store->SetKeyActive("ann", key.access_key_id, true));
    CHECK(house.store->Find(key.access_key_id));
    REQUIRE(house.store->DeleteKey("ann", key.access_key_id));
    CHECK_FALSE(house.store->Find(key.access_key_id));
}

TEST_CASE("roles are found by name and by ARN, and listed by path") {
    House house;
    const Principal role = house.Role("Exec", kTrustService);
    CHECK(role.arn == "arn:aws:iam::123456789012:role/service-role/Exec");
    CHECK(house.store->GetByArn(role.arn)->id == role.id);
    for (const char* other :
         {"arn:aws:iam::123456789012:role/Exec", "arn:aws:iam::123456789012:user/service-role/Exec",
          "arn:aws:s3:::Exec", "Exec", ""}) {
        CHECK_FALSE(house.store->GetByArn(other));
    }
    CHECK(house.store->List(PrincipalKind::kRole, "/").size() == 1);
    CHECK(house.store->List(PrincipalKind::kRole, "/service-role/").size() == 1);
    CHECK(house.store->List(PrincipalKind::kRole, "/other/").empty());
    CHECK(house.store->List(PrincipalKind::kUser, "/").empty());
    REQUIRE(house.store->SetTrustPolicy("Exec", kTrustAccount));
    CHECK(house.store->Get(PrincipalKind::kRole, "exec")->trust_policy == kTrustAccount);
    CHECK(ErrorOf(house.store->SetTrustPolicy("Exec", Allow("s3:*", "*"))) ==
          "MalformedPolicyDocument");
}

TEST_CASE("who may take on a role") {
    House house;
    house.User("ann");
    const Credential ann = house.KeyOf("ann");
    const Credential root = *house.store->Find("ROOTKEY");
    const Principal open = house.Role("Open", kTrustAccount);
    const Principal exec = house.Role("Exec", kTrustService);
    const Principal named =
        house.Role("Named", R"({"Statement":{"Effect":"Allow","Action":"sts:AssumeRole",
            "Principal":{"AWS":"arn:aws:iam::123456789012:user/ann"},
            "Condition":{"StringEquals":{"sts:ExternalId":"x"}}}})");
    const auto may = [&](const Credential& caller, const Principal& role, const char* external) {
        IdentityStore::SessionWish wish;
        wish.external_id = external;
        return house.store->MayAssume(caller, role, wish, {}).Allowed();
    };
    CHECK(may(root, open, ""));
    CHECK_FALSE(may(root, exec, ""));
    CHECK_FALSE(may(root, named, "x"));
    // The trust of the account alone needs the user's own policy too; being named does not.
    CHECK_FALSE(may(ann, open, ""));
    CHECK(may(ann, named, "x"));
    CHECK_FALSE(may(ann, named, "y"));
    REQUIRE(house.store->PutPolicy(PrincipalKind::kUser, "ann", "p",
                                   Allow("sts:AssumeRole", open.arn)));
    CHECK(may(ann, open, ""));
    REQUIRE(house.store->PutPolicy(
        PrincipalKind::kUser, "ann", "p",
        R"({"Statement":{"Effect":"Deny","Action":"sts:*","Resource":"*"}})"));
    CHECK_FALSE(may(ann, named, "x"));
    Credential stranger;
    stranger.caller.arn = "arn:aws:iam::123456789012:user/ann";
    stranger.caller.user_id = "AIDANOBODY";
    CHECK_FALSE(may(stranger, open, ""));
}

TEST_CASE("a session holds over a restart, is narrowed by its policy, and ends") {
    House house;
    const Principal role = house.Role("Exec", kTrustService);
    REQUIRE(house.store->PutPolicy(PrincipalKind::kRole, "Exec", "all",
                                   Allow("s3:*", "arn:aws:s3:::*")));
    CHECK(ErrorOf(house.store->StartSession(role, Wish("job", "{"))) == "MalformedPolicyDocument");
    const auto session =
        house.store->StartSession(role, Wish("job", Allow("s3:GetObject", "arn:aws:s3:::b/*")));
    REQUIRE(session);
    for (int i = 0; i < 2; ++i) {
        const auto credential = house.store->Find(session->access_key_id);
        REQUIRE(credential);
        CHECK(credential->secret == session->secret);
        CHECK(credential->session_token == session->token);
        CHECK(credential->caller.arn == "arn:aws:sts::123456789012:assumed-role/Exec/job");
        CHECK(credential->caller.user_id == role.id + ":job");
        CHECK(credential->expires == house.clock.WallNow() + core::seconds(900));
        const auto may = [&](const char* action, const char* resource) {
            return house.store->Authorise(*credential, action, resource, {}).Allowed();
        };
        CHECK(may("s3:GetObject", "arn:aws:s3:::b/x"));
        CHECK_FALSE(may("s3:GetObject", "arn:aws:s3:::c/x"));
        CHECK_FALSE(may("s3:PutObject", "arn:aws:s3:::b/x"));
        house.Restart();
    }
    // A role of the same name is another one.
    const auto credential = house.store->Find(session->access_key_id);
    REQUIRE(house.store->DeletePolicy(PrincipalKind::kRole, "Exec", "all"));
    REQUIRE(house.store->Delete(PrincipalKind::kRole, "Exec"));
    const Principal again = house.Role("Exec", kTrustService);
    REQUIRE(house.store->PutPolicy(PrincipalKind::kRole, "Exec", "all", Allow("s3:*", "*")));
    CHECK_FALSE(
        house.store->Authorise(*credential, "s3:GetObject", "arn:aws:s3:::b/x", {}).Allowed());
    // Long ended sessions are forgotten when the next one begins.
    house.clock.SetWall(house.clock.WallNow() + core::seconds(2 * 24 * 3600));
    CHECK(house.store->Find(session->access_key_id));
    REQUIRE(house.store->StartSession(again, Wish("next", "")));
    CHECK_FALSE(house.store->Find(session->access_key_id));
    house.Restart();
    CHECK_FALSE(house.store->Find(session->access_key_id));
}

TEST_CASE("groups and managed policies give what they say, at once and after a restart") {
    House house;
    house.User("ann");
    Principal group;
    group.kind = PrincipalKind::kGroup;
    group.name = "Readers";
    REQUIRE(house.store->Create(group));
    ManagedPolicy wanted;
    wanted.name = "Get";
    const auto policy = house.store->CreateManaged(wanted, Allow("s3:Get*", "*"));
    REQUIRE(policy);
    CHECK(policy->arn == "arn:aws:iam::123456789012:policy/Get");
    const Credential ann = house.KeyOf("ann");
    const auto may = [&](const char* action) {
        const auto decision = house.store->Authorise(ann, action, "arn:aws:s3:::b/x", {});
        return decision.Allowed() ? decision.policy : "";
    };
    CHECK(may("s3:GetObject").empty());
    REQUIRE(house.store->AddToGroup("ann", "readers"));
    REQUIRE(
        house.store->PutPolicy(PrincipalKind::kGroup, "Readers", "list", Allow("s3:List*", "*")));
    CHECK(may("s3:ListBucket") == "list");
    REQUIRE(house.store->Attach(PrincipalKind::kGroup, "Readers", policy->arn));
    CHECK(may("s3:GetObject") == "Get");
    CHECK(may("s3:PutObject").empty());
    REQUIRE(house.store->CreateVersion(policy->arn, Allow("s3:Put*", "*"), true));
    CHECK(may("s3:GetObject").empty());
    CHECK(may("s3:PutObject") == "Get");
    house.Restart();
    CHECK(may("s3:PutObject") == "Get");
    CHECK(may("s3:ListBucket") == "list");
    REQUIRE(house.store->SetDefaultVersion(policy->arn, "v1"));
    CHECK(may("s3:GetObject") == "Get");
    CHECK(ErrorOf(house.store->DeleteManaged(policy->arn)) == "DeleteConflict");
    CHECK(ErrorOf(house.store->Delete(PrincipalKind::kGroup, "Readers")) == "DeleteConflict");
    CHECK(ErrorOf(house.store->Delete(PrincipalKind::kUser, "ann")) == "DeleteConflict");
    REQUIRE(house.store->RemoveFromGroup("ann", "Readers"));
    CHECK(may("s3:GetObject").empty());
    CHECK(may("s3:ListBucket").empty());
    // AWS's own hold too, and are nobody's to change.
    const std::string admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    REQUIRE(house.store->Attach(PrincipalKind::kUser, "ann", admin));
    CHECK(may("s3:GetObject") == "AdministratorAccess");
    CHECK(ErrorOf(house.store->DeleteManaged(admin)) == "AccessDenied");
    CHECK(ErrorOf(house.store->Attach(PrincipalKind::kUser, "ann",
                                      "arn:aws:iam::aws:policy/None")) == "NoSuchEntity");
    // The boundary holds for what the attached ones give.
    REQUIRE(house.store->SetBoundary(PrincipalKind::kUser, "ann", policy->arn));
    CHECK(may("s3:GetObject") == "AdministratorAccess");
    CHECK(may("s3:PutObject").empty());
    house.Restart();
    CHECK(may("s3:PutObject").empty());
    REQUIRE(house.store->SetBoundary(PrincipalKind::kUser, "ann", ""));
    CHECK(may("s3:PutObject") == "AdministratorAccess");
}

TEST_CASE("a renamed user keeps its keys and id") {
    House house;
    house.User("ann");
    const Credential ann = house.KeyOf("ann");
    REQUIRE(house.store->Rename(PrincipalKind::kUser, "ann", "Anna", "/team/"));
    for (int i = 0; i < 2; ++i) {
        const auto found = house.store->Find(ann.access_key_id);
        REQUIRE(found);
        CHECK(found->caller.arn == "arn:aws:iam::123456789012:user/team/Anna");
        CHECK(found->caller.user_id == ann.caller.user_id);
        CHECK_FALSE(house.store->Get(PrincipalKind::kUser, "ann"));
        house.Restart();
    }
    house.User("bob");
    CHECK(ErrorOf(house.store->Rename(PrincipalKind::kUser, "bob", "ANNA", "")) ==
          "EntityAlreadyExists");
}

TEST_CASE("session tags, transitive ones and managed session policies") {
    House house;
    const Principal first = house.Role("First", R"({"Statement":[
        {"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],
         "Principal":{"AWS":"123456789012"},
         "Condition":{"StringEqualsIfExists":{"aws:RequestTag/team":["a","b"]}}}]})");
    REQUIRE(house.store->PutPolicy(PrincipalKind::kRole, "First", "own",
                                   Allow("s3:*", "arn:aws:s3:::${aws:PrincipalTag/team}/*")));
    const Credential root = *house.store->Find("ROOTKEY");
    auto wish = Wish("one", "");
    wish.tags = {{"team", "a"}};
    wish.transitive = {"team"};
    wish.policy_arns = {"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"};
    CHECK(house.store->MayAssume(root, first, wish, {}).Allowed());
    auto other = wish;
    other.tags = {{"team", "c"}};
    CHECK_FALSE(house.store->MayAssume(root, first, other, {}).Allowed());
    const auto session = house.store->StartSession(first, wish, &root);
    REQUIRE(session);
    house.Restart();
    const auto one = house.store->Find(session->access_key_id);
    REQUIRE(one);
    const auto may = [&](const Credential& who, const char* action, const char* resource) {
        return house.store->Authorise(who, action, resource, {}).Allowed();
    };
    CHECK(may(*one, "s3:GetObject", "arn:aws:s3:::a/x"));
    CHECK_FALSE(may(*one, "s3:GetObject", "arn:aws:s3:::b/x"));
    CHECK_FALSE(may(*one, "s3:PutObject", "arn:aws:s3:::a/x"));
    // The next of the chain cannot take another team.
    auto again = Wish("two", "");
    again.tags = {{"Team", "b"}};
    const auto chained = house.store->StartSession(first, again, &*one);
    REQUIRE(chained);
    const auto two = house.store->Find(chained->access_key_id);
    CHECK(may(*two, "s3:PutObject", "arn:aws:s3:::a/x"));
    CHECK_FALSE(may(*two, "s3:PutObject", "arn:aws:s3:::b/x"));
}

TEST_CASE("a user's own session may do what the user may, and no IAM") {
    House house;
    house.User("ann");
    REQUIRE(house.store->PutPolicy(PrincipalKind::kUser, "ann", "all", Allow("*", "*")));
    const Credential ann = house.KeyOf("ann");
    const auto session = house.store->StartUserSession(ann, core::seconds(900));
    REQUIRE(session);
    const auto credential = house.store->Find(session->access_key_id);
    REQUIRE(credential);
    CHECK(credential->caller.arn == ann.caller.arn);
    const auto may = [&](const char* action) {
        return house.store->Authorise(*credential, action, "*", {}).Allowed();
    };
    CHECK(may("s3:ListBucket"));
    CHECK(may("sts:AssumeRole"));
    CHECK_FALSE(may("iam:ListUsers"));
    CHECK(ErrorOf(house.store->StartUserSession(*credential, core::seconds(900))) ==
          "AccessDenied");
}

TEST_CASE("the last use of a key is kept") {
    House house;
    house.User("ann");
    const Credential ann = house.KeyOf("ann");
    CHECK_FALSE(house.store->LastUseOf(ann.access_key_id));
    house.store->NoteUse(ann, "s3", "eu-west-1");
    house.Restart();
    const auto use = house.store->LastUseOf(ann.access_key_id);
    REQUIRE(use);
    CHECK(use->service == "s3");
    CHECK(use->region == "eu-west-1");
}

TEST_CASE("an access control list opens what no policy decides") {
    struct Buckets final : ResourcePolicies {
        std::shared_ptr<const Policy> policy, acl;
        [[nodiscard]] std::shared_ptr<const Policy> PolicyOf(std::string_view) const override {
            return policy;
        }
        [[nodiscard]] std::shared_ptr<const Policy> AclOf(const AccessRequest&) const override {
            return acl;
        }
    };
    const auto parsed = [](const char* effect) {
        return std::make_shared<const Policy>(
            *Policy::Parse("acl",
                           std::string(R"({"Statement": {"Effect": ")") + effect +
                               R"(", "Principal": "*", "Action": "s3:GetObject",
                                   "Resource": "*"}})",
                           PolicyKind::kResource));
    };
    Buckets buckets;
    House house;
    house.store->SetResourcePolicies("s3", buckets);
    house.User("ann");
    const Credential ann = house.KeyOf("ann");
    const auto may = [&](const Credential& who, const char* action) {
        return house.store->Authorise(who, action, "arn:aws:s3:::bkt/k", {}).Allowed();
    };
    CHECK_FALSE(may({}, "s3:GetObject"));
    buckets.acl = parsed("Allow");
    CHECK(may({}, "s3:GetObject"));
    CHECK(may(ann, "s3:GetObject"));
    CHECK_FALSE(may({}, "s3:PutObject"));
    // A session is let in as far as its own policies go.
    const Principal role = house.Role("Exec", kTrustService);
    const auto narrow =
        house.store->StartSession(role, Wish("job", Allow("s3:GetObject", "arn:aws:s3:::other/*")));
    REQUIRE(narrow);
    CHECK_FALSE(may(*house.store->Find(narrow->access_key_id), "s3:GetObject"));

    buckets.policy = parsed("Deny");
    CHECK_FALSE(may({}, "s3:GetObject"));
    CHECK_FALSE(may(ann, "s3:GetObject"));
}

TEST_CASE("a policy may ask for the tags of what is touched") {
    House house;
    house.User("ann");
    REQUIRE(house.store->PutPolicy(PrincipalKind::kUser, "ann", "team", R"({"Statement":{
        "Effect":"Allow","Action":"iam:GetRole","Resource":"*",
        "Condition":{"StringEquals":{"aws:ResourceTag/team":"vision"}}}})"));
    const Principal role = house.Role("Exec", kTrustService);
    const Credential ann = house.KeyOf("ann");
    CHECK_FALSE(house.store->Authorise(ann, "iam:GetRole", role.arn, {}).Allowed());
    REQUIRE(house.store->SetTags(PrincipalKind::kRole, "Exec", {{"team", "vision"}}));
    CHECK(house.store->Authorise(ann, "iam:GetRole", role.arn, {}).Allowed());
}
