#include "access/identity_actions.h"

#include "access/detail/iam_fixture.h"

using namespace gyre;
using namespace gyre::access;
using detail::ErrorOf;
using detail::Field;
using detail::Iam;

namespace {

constexpr const char* kTrust = R"({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
    "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}})";
constexpr const char* kReadAll =
    R"({"Statement":{"Sid":"R","Effect":"Allow","Action":"s3:Get*","Resource":"*"}})";

}  // namespace

TEST_CASE("users and their keys") {
    Iam iam;
    const auto made = iam.Ask("CreateUser", {{"UserName", "ann"}, {"Path", "/ml/"}});
    CHECK(Field(made, "Arn") == "arn:aws:iam::123456789012:user/ml/ann");
    CHECK(iam.resource == "arn:aws:iam::123456789012:user/ml/ann");
    CHECK(ErrorOf(iam.Ask("CreateUser", {{"UserName", "ann"}})) == "EntityAlreadyExists");
    CHECK(ErrorOf(iam.Ask("GetUser", {{"UserName", "bob"}})) == "NoSuchEntity");
    CHECK(Field(iam.Ask("GetUser"), "Arn") == "arn:aws:iam::123456789012:root");

    const auto key = iam.Ask("CreateAccessKey", {{"UserName", "ann"}});
    iam.caller_key = Field(key, "AccessKeyId");
    CHECK(Field(key, "SecretAccessKey").size() == 40);
    CHECK(Field(iam.Ask("GetUser"), "UserName") == "ann");
    CHECK(iam.resource == "arn:aws:iam::123456789012:user/ml/ann");
    CHECK(Field(iam.Call("sts", "GetCallerIdentity"), "Arn") ==
          "arn:aws:iam::123456789012:user/ml/ann");
    const auto listed = iam.Ask("ListAccessKeys");
    CHECK(Field(listed, "AccessKeyId") == iam.caller_key);
    CHECK(Field(listed, "SecretAccessKey").empty());
    const std::string key_id = iam.caller_key;
    iam.caller_key = "ROOTKEY";
    REQUIRE(iam.Ask("UpdateAccessKey",
                    {{"UserName", "ann"}, {"AccessKeyId", key_id}, {"Status", "Inactive"}}));
    CHECK_FALSE(iam.store->Find(key_id));
    CHECK(ErrorOf(iam.Ask("DeleteUser", {{"UserName", "ann"}})) == "DeleteConflict");
    REQUIRE(iam.Ask("DeleteAccessKey", {{"UserName", "ann"}, {"AccessKeyId", key_id}}));
    CHECK(iam.Ask("DeleteUser", {{"UserName", "ann"}}));
    CHECK(ErrorOf(iam.Ask("DeleteUser", {{"UserName", "ann"}})) == "NoSuchEntity");
}

TEST_CASE("without a user's name keys are the root user's own") {
    Iam iam;
    const auto made = iam.Ask("CreateAccessKey");
    const std::string key = Field(made, "AccessKeyId");
    CHECK(Field(made, "UserName") == "root");
    CHECK(iam.store->Find(key)->secret == Field(made, "SecretAccessKey"));
    CHECK(iam.store->Find(key)->caller.arn == iam.store->RootArn());
    CHECK(ErrorOf(iam.Ask("CreateAccessKey")) == "LimitExceeded");
    const auto listed = iam.Ask("ListAccessKeys");
    CHECK(listed->find("<AccessKeyId>ROOTKEY<") != std::string::npos);
    CHECK(listed->find("<AccessKeyId>" + key + "<") != std::string::npos);
    CHECK(Field(iam.Ask("GetAccessKeyLastUsed", {{"AccessKeyId", key}}), "UserName") == "root");

    CHECK(iam.Ask("UpdateAccessKey", {{"AccessKeyId", key}, {"Status", "Inactive"}}));
    CHECK_FALSE(iam.store->Find(key));
    CHECK(iam.Ask("DeleteAccessKey", {{"AccessKeyId", key}}));
    CHECK(ErrorOf(iam.Ask("DeleteAccessKey", {{"AccessKeyId", key}})) == "NoSuchEntity");
    CHECK(iam.store->DeleteKey("", "ROOTKEY").error().wire_name == "UnmodifiableEntity");
    CHECK(iam.store->Find("ROOTKEY"));
}

TEST_CASE("lists come in pages") {
    Iam iam;
    for (const char* name : {"b", "A", "c", "D"})
        REQUIRE(iam.Ask("CreateUser", {{"UserName", name}}));
    std::string marker;
    std::string names;
    int pages = 0;
    do {
        Iam::Form form{{"MaxItems", "3"}};
        if (!marker.empty()) form.emplace_back("Marker", marker);
        const auto page = iam.Ask("ListUsers", form);
        REQUIRE(page);
        for (size_t at = 0; (at = page->find("<UserName>", at)) != page->npos; ++at) {
            names += page->substr(at + 10, 1);
        }
        marker = Field(page, "Marker");
        CHECK(Field(page, "IsTruncated") == (marker.empty() ? "false" : "true"));
    } while (!marker.empty() && ++pages < 5);
    CHECK(names == "AbcD");
    CHECK(pages == 1);
}

TEST_CASE("roles keep their trust policy as it was given") {
    Iam iam;
    CHECK(ErrorOf(iam.Ask("CreateRole", {{"RoleName", "Exec"},
                                         {"AssumeRolePolicyDocument", "{\"Statement\":[]}"}})) ==
          "MalformedPolicyDocument");
    const auto made = iam.Ask("CreateRole", {{"RoleName", "Exec"},
                                             {"Path", "/service-role/"},
                                             {"Description", "for jobs"},
                                             {"MaxSessionDuration", "7200"},
                                             {"Tags.member.1.Key", "team"},
                                             {"Tags.member.1.Value", "vision"},
                                             {"AssumeRolePolicyDocument", kTrust}});
    REQUIRE(made);
    const auto got = iam.Ask("GetRole", {{"RoleName", "Exec"}});
    CHECK(Field(got, "Arn") == "arn:aws:iam::123456789012:role/service-role/Exec");
    CHECK(net::PercentDecode(Field(got, "AssumeRolePolicyDocument")) == kTrust);
    CHECK(Field(got, "AssumeRolePolicyDocument").find_first_of("{\" ") == std::string::npos);
    CHECK(Field(got, "Description") == "for jobs");
    CHECK(Field(got, "MaxSessionDuration") == "7200");
    CHECK(Field(got, "Key") == "team");
    CHECK(Field(iam.Ask("ListRoles", {{"PathPrefix", "/service-role/"}}), "RoleName") == "Exec");
    CHECK(Field(iam.Ask("ListRoles", {{"PathPrefix", "/x/"}}), "RoleName").empty());
    REQUIRE(iam.Ask("UpdateAssumeRolePolicy",
                    {{"RoleName", "Exec"}, {"PolicyDocument", R"({"Statement":{"Effect":"Allow",
                         "Action":"sts:AssumeRole","Principal":{"Service":"x.amazonaws.com"}}})"}}));
    CHECK(ErrorOf(iam.Call("sts", "AssumeRole",
                           {{"RoleArn", "arn:aws:iam::123456789012:role/service-role/Exec"},
                            {"RoleSessionName", "job"}})) == "AccessDenied");
    CHECK(iam.Ask("DeleteRole", {{"RoleName", "Exec"}}));
}

TEST_CASE("inline policies of both kinds") {
    Iam iam;
    REQUIRE(iam.Ask("CreateUser", {{"UserName", "x"}}));
    REQUIRE(iam.Ask("CreateRole", {{"RoleName", "x"}, {"AssumeRolePolicyDocument", kTrust}}));
    for (const std::string kind : {"User", "Role"}) {
        CAPTURE(kind);
        const auto ask = [&](const std::string& verb, const std::string& noun,
                             const std::string& policy = "", const std::string& document = "") {
            Iam::Form form{{kind + "Name", "x"}};
            if (!policy.empty()) form.emplace_back("PolicyName", policy);
            if (!document.empty()) form.emplace_back("PolicyDocument", document);
            return iam.Ask(verb + kind + noun, form);
        };
        REQUIRE(ask("Put", "Policy", "read", kReadAll));
        CHECK(ErrorOf(ask("Put", "Policy", "bad", "{}")) == "MalformedPolicyDocument");
        const auto got = ask("Get", "Policy", "read");
        CHECK(net::PercentDecode(Field(got, "PolicyDocument")) == kReadAll);
        CHECK(Field(got, kind + "Name") == "x");
        CHECK(ask("List", "Policies")->find("<member>read</member>") != std::string::npos);
        CHECK(ErrorOf(ask("Get", "Policy", "none")) == "NoSuchEntity");
        CHECK(ErrorOf(iam.Ask("Delete" + kind, {{kind + "Name", "x"}})) == "DeleteConflict");
        CHECK(ask("Delete", "Policy", "read"));
        CHECK(ErrorOf(ask("Delete", "Policy", "read")) == "NoSuchEntity");
    }
}

TEST_CASE("assuming a role") {
    Iam iam;
    REQUIRE(iam.Ask("CreateRole", {{"RoleName", "Open"}, {"AssumeRolePolicyDocument", kTrust}}));
    const std::string arn = "arn:aws:iam::123456789012:role/Open";
    const auto assume = [&](Iam::Form more) {
        more.emplace_back("RoleArn", arn);
        more.emplace_back("RoleSessionName", "job");
        return iam.Call("sts", "AssumeRole", more);
    };
    const auto session = assume({{"DurationSeconds", "900"}, {"Policy", kReadAll}});
    REQUIRE(session);
    CHECK(Field(session, "Arn") == "arn:aws:sts::123456789012:assumed-role/Open/job");
    const auto credential = iam.store->Find(Field(session, "AccessKeyId"));
    REQUIRE(credential);
    CHECK(credential->secret == Field(session, "SecretAccessKey"));
    CHECK(credential->session_token == Field(session, "SessionToken"));
    CHECK(Field(session, "Expiration") == core::Iso8601(iam.clock.WallNow() + core::seconds(900)));
    CHECK(ErrorOf(assume({{"DurationSeconds", "7200"}})) == "ValidationError");
    CHECK(ErrorOf(assume({{"Policy", "{"}})) == "MalformedPolicyDocument");
    // The trust policy lets nobody set tags.
    CHECK(ErrorOf(assume({{"Tags.member.1.Key", "a"}, {"Tags.member.1.Value", "b"}})) ==
          "AccessDenied");
    // What would need a check that is not built is refused, not passed over.
    CHECK(
        assume({{"TokenCode", "123456"}, {"SerialNumber", "arn:aws:iam::1:mfa/x"}}).error().code ==
        core::Code::kUnimplemented);
    for (const char* other : {"arn:aws:iam::123456789012:role/None", "arn:aws:iam::1:role/Open",
                              "arn:aws:iam::123456789012:user/Open"}) {
        CHECK(ErrorOf(iam.Call("sts", "AssumeRole",
                               {{"RoleArn", other}, {"RoleSessionName", "job"}})) ==
              "AccessDenied");
    }
}

TEST_CASE("simulating a principal's policies") {
    Iam iam;
    REQUIRE(iam.Ask("CreateRole", {{"RoleName", "Exec"}, {"AssumeRolePolicyDocument", kTrust}}));
    REQUIRE(iam.Ask("PutRolePolicy",
                    {{"RoleName", "Exec"}, {"PolicyName", "read"}, {"PolicyDocument", kReadAll}}));
    const std::string arn = "arn:aws:iam::123456789012:role/Exec";
    const auto answer =
        iam.Ask("SimulatePrincipalPolicy", {{"PolicySourceArn", arn},
                                            {"ActionNames.member.1", "s3:GetObject"},
                                            {"ActionNames.member.2", "s3:PutObject"},
                                            {"ResourceArns.member.1", "arn:aws:s3:::a"},
                                            {"ResourceArns.member.2", "arn:aws:s3:::b"}});
    REQUIRE(answer);
    const auto count = [&](const std::string& part) {
        int found = 0;
        for (size_t at = 0; (at = answer->find(part, at)) != answer->npos; ++at) ++found;
        return found;
    };
    CHECK(count("<EvalDecision>allowed<") == 2);
    CHECK(count("<EvalDecision>implicitDeny<") == 2);
    CHECK(count("<SourcePolicyId>role_Exec_read<") == 2);
    CHECK(ErrorOf(iam.Ask("SimulatePrincipalPolicy",
                          {{"PolicySourceArn", "arn:aws:iam::123456789012:role/None"},
                           {"ActionNames.member.1", "s3:GetObject"}})) == "NoSuchEntity");
    CHECK(ErrorOf(iam.Ask("SimulatePrincipalPolicy",
                          {{"PolicySourceArn", "arn:aws:iam::123456789012:root"},
                           {"ActionNames.member.1", "s3:GetObject"}})) == "InvalidInput");
}
