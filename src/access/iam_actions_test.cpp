#include "access/detail/iam_fixture.h"

using namespace gyre;
using namespace gyre::access;
using detail::Count;
using detail::ErrorOf;
using detail::Field;
using detail::Iam;

namespace {

constexpr const char* kRoleTrust = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow",
    "Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:root"}}})";
constexpr const char* kRead =
    R"({"Statement":{"Sid":"R","Effect":"Allow","Action":"s3:Get*","Resource":"*"}})";
constexpr const char* kWrite =
    R"({"Statement":{"Sid":"W","Effect":"Allow","Action":"s3:Put*","Resource":"*"}})";
const std::string kArn = "arn:aws:iam::123456789012:policy/ml/Read";

}  // namespace

TEST_CASE("groups and who is in them") {
    Iam iam;
    REQUIRE(iam.Ask("CreateUser", {{"UserName", "ann"}}));
    const auto made = iam.Ask("CreateGroup", {{"GroupName", "Team"}, {"Path", "/ml/"}});
    CHECK(Field(made, "Arn") == "arn:aws:iam::123456789012:group/ml/Team");
    CHECK(ErrorOf(iam.Ask("CreateGroup", {{"GroupName", "TEAM"}})) == "EntityAlreadyExists");
    REQUIRE(iam.Ask("AddUserToGroup", {{"GroupName", "Team"}, {"UserName", "ann"}}));
    CHECK(iam.resource == "arn:aws:iam::123456789012:group/ml/Team");
    CHECK(Field(iam.Ask("GetGroup", {{"GroupName", "team"}}), "UserName") == "ann");
    CHECK(Field(iam.Ask("ListGroupsForUser", {{"UserName", "ann"}}), "GroupName") == "Team");
    REQUIRE(iam.Ask("UpdateGroup", {{"GroupName", "Team"}, {"NewGroupName", "Crew"}}));
    CHECK(Field(iam.Ask("ListGroupsForUser", {{"UserName", "ann"}}), "GroupName") == "Crew");
    CHECK(ErrorOf(iam.Ask("AddUserToGroup", {{"GroupName", "None"}, {"UserName", "ann"}})) ==
          "NoSuchEntity");
    REQUIRE(iam.Ask("RemoveUserFromGroup", {{"GroupName", "Crew"}, {"UserName", "ann"}}));
    CHECK(Count(iam.Ask("GetGroup", {{"GroupName", "Crew"}}), "<UserName>") == 0);
    CHECK(iam.Ask("DeleteGroup", {{"GroupName", "Crew"}}));
    CHECK(Count(iam.Ask("ListGroups"), "<GroupName>") == 0);
}

TEST_CASE("lists of users, groups and roles are asked for by their path") {
    Iam iam;
    const std::string all = "arn:aws:iam::123456789012:";
    for (const auto& [operation, kind] :
         {std::pair("ListUsers", "user"), std::pair("ListGroups", "group"),
          std::pair("ListRoles", "role")}) {
        REQUIRE(iam.Ask(operation));
        CHECK(iam.resource == all + kind + "/");
        REQUIRE(iam.Ask(operation, {{"PathPrefix", "/ml/"}}));
        CHECK(iam.resource == all + kind + "/ml/");
    }
}

TEST_CASE("managed policies, their versions and who holds them") {
    Iam iam;
    const auto made = iam.Ask("CreatePolicy", {{"PolicyName", "Read"},
                                               {"Path", "/ml/"},
                                               {"Description", "reads"},
                                               {"PolicyDocument", kRead},
                                               {"Tags.member.1.Key", "team"},
                                               {"Tags.member.1.Value", "a"}});
    REQUIRE(made);
    CHECK(Field(made, "Arn") == kArn);
    CHECK(iam.resource == kArn);
    CHECK(ErrorOf(iam.Ask("CreatePolicy", {{"PolicyName", "Read"}, {"PolicyDocument", kRead}})) ==
          "EntityAlreadyExists");
    CHECK(ErrorOf(iam.Ask("CreatePolicy", {{"PolicyName", "B"}, {"PolicyDocument", "{}"}})) ==
          "MalformedPolicyDocument");
    REQUIRE(
        iam.Ask("CreateRole", {{"RoleName", "Exec"}, {"AssumeRolePolicyDocument", kRoleTrust}}));
    REQUIRE(iam.Ask("AttachRolePolicy", {{"RoleName", "Exec"}, {"PolicyArn", kArn}}));
    REQUIRE(iam.Ask("AttachRolePolicy",
                    {{"RoleName", "Exec"},
                     {"PolicyArn", "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"}}));
    const auto attached = iam.Ask("ListAttachedRolePolicies", {{"RoleName", "Exec"}});
    CHECK(Count(attached, "<PolicyArn>") == 2);
    CHECK(Count(attached, "<PolicyName>AmazonSageMakerFullAccess<") == 1);
    CHECK(Field(iam.Ask("GetPolicy", {{"PolicyArn", kArn}}), "AttachmentCount") == "1");
    const auto entities = iam.Ask("ListEntitiesForPolicy", {{"PolicyArn", kArn}});
    CHECK(Field(entities, "RoleName") == "Exec");
    CHECK(Count(entities, "<UserName>") == 0);

    const auto second =
        iam.Ask("CreatePolicyVersion",
                {{"PolicyArn", kArn}, {"PolicyDocument", kWrite}, {"SetAsDefault", "true"}});
    CHECK(Field(second, "VersionId") == "v2");
    const auto versions = iam.Ask("ListPolicyVersions", {{"PolicyArn", kArn}});
    CHECK(Count(versions, "<VersionId>") == 2);
    CHECK(Field(versions, "VersionId") == "v2");
    const auto first = iam.Ask("GetPolicyVersion", {{"PolicyArn", kArn}, {"VersionId", "v1"}});
    CHECK(net::PercentDecode(Field(first, "Document")) == kRead);
    CHECK(Field(first, "IsDefaultVersion") == "false");
    CHECK(ErrorOf(iam.Ask("DeletePolicyVersion", {{"PolicyArn", kArn}, {"VersionId", "v2"}})) ==
          "DeleteConflict");
    CHECK(ErrorOf(iam.Ask("GetPolicyVersion", {{"PolicyArn", kArn}, {"VersionId", "v9"}})) ==
          "NoSuchEntity");
    for (int i = 3; i <= 5; ++i) {
        REQUIRE(iam.Ask("CreatePolicyVersion", {{"PolicyArn", kArn}, {"PolicyDocument", kRead}}));
    }
    CHECK(ErrorOf(iam.Ask("CreatePolicyVersion",
                          {{"PolicyArn", kArn}, {"PolicyDocument", kRead}})) == "LimitExceeded");
    CHECK(ErrorOf(iam.Ask("DeletePolicy", {{"PolicyArn", kArn}})) == "DeleteConflict");
    REQUIRE(iam.Ask("DetachRolePolicy", {{"RoleName", "Exec"}, {"PolicyArn", kArn}}));
    for (const char* version : {"v1", "v3", "v4", "v5"}) {
        REQUIRE(iam.Ask("DeletePolicyVersion", {{"PolicyArn", kArn}, {"VersionId", version}}));
    }
    CHECK(iam.Ask("DeletePolicy", {{"PolicyArn", kArn}}));
    CHECK(ErrorOf(iam.Ask("GetPolicy", {{"PolicyArn", kArn}})) == "NoSuchEntity");
}

TEST_CASE("lists of policies by scope, and AWS's own documents") {
    Iam iam;
    REQUIRE(iam.Ask("CreatePolicy", {{"PolicyName", "Own"}, {"PolicyDocument", kRead}}));
    CHECK(Count(iam.Ask("ListPolicies", {{"Scope", "Local"}}), "<PolicyName>") == 1);
    CHECK(Count(iam.Ask("ListPolicies", {{"Scope", "AWS"}, {"MaxItems", "1000"}}), "<PolicyName>") >
          20);
    CHECK(Count(iam.Ask("ListPolicies", {{"OnlyAttached", "true"}}), "<PolicyName>") == 0);
    std::string marker;
    int seen = 0;
    do {
        Iam::Form form{{"MaxItems", "7"}};
        if (!marker.empty()) form.emplace_back("Marker", marker);
        const auto page = iam.Ask("ListPolicies", form);
        REQUIRE(page);
        seen += Count(page, "<PolicyName>");
        marker = Field(page, "Marker");
    } while (!marker.empty());
    CHECK(seen == static_cast<int>(AwsManagedPolicies().size()) + 1);
    // Every one of them holds what its name says.
    REQUIRE(iam.Ask("CreateRole", {{"RoleName", "R"}, {"AssumeRolePolicyDocument", kRoleTrust}}));
    struct Row {
        const char* policy;
        const char* action;
        const char* decision;
    };
    for (const Row& row :
         {Row{"AmazonS3ReadOnlyAccess", "s3:GetObject", "allowed"},
          Row{"AmazonS3ReadOnlyAccess", "s3:PutObject", "implicitDeny"},
          Row{"AmazonSageMakerFullAccess", "sagemaker:CreateEndpoint", "allowed"},
          Row{"AmazonSageMakerFullAccess", "iam:CreateUser", "implicitDeny"},
          Row{"AdministratorAccess", "iam:CreateUser", "allowed"},
          Row{"PowerUserAccess", "iam:CreateUser", "implicitDeny"},
          Row{"PowerUserAccess", "sagemaker:CreateModel", "allowed"},
          Row{"ReadOnlyAccess", "sagemaker:DescribeEndpoint", "allowed"},
          Row{"ReadOnlyAccess", "sagemaker:CreateEndpoint", "implicitDeny"},
          Row{"IAMReadOnlyAccess", "iam:ListUsers", "allowed"},
          Row{"CloudWatchLogsReadOnlyAccess", "logs:PutLogEvents", "implicitDeny"}}) {
        CAPTURE(row.policy);
        const std::string arn = std::string("arn:aws:iam::aws:policy/") + row.policy;
        REQUIRE(iam.Ask("AttachRolePolicy", {{"RoleName", "R"}, {"PolicyArn", arn}}));
        const auto answer =
            iam.Ask("SimulatePrincipalPolicy",
                    {{"PolicySourceArn", "arn:aws:iam::123456789012:role/R"},
                     {"ActionNames.member.1", row.action},
                     {"ResourceArns.member.1", "arn:aws:sagemaker:us-east-1:1:endpoint/e"}});
        CHECK(Field(answer, "EvalDecision") == row.decision);
        if (std::string(row.decision) == "allowed") {
            CHECK(Field(answer, "SourcePolicyId") == row.policy);
            CHECK(Field(answer, "SourcePolicyType") == "aws-managed");
        }
        REQUIRE(iam.Ask("DetachRolePolicy", {{"RoleName", "R"}, {"PolicyArn", arn}}));
    }
}

TEST_CASE("boundaries and tags of users, roles and policies") {
    Iam iam;
    REQUIRE(iam.Ask("CreatePolicy",
                    {{"PolicyName", "Read"}, {"Path", "/ml/"}, {"PolicyDocument", kRead}}));
    REQUIRE(iam.Ask("CreateUser", {{"UserName", "x"}, {"PermissionsBoundary", kArn}}));
    REQUIRE(iam.Ask("CreateRole", {{"RoleName", "x"}, {"AssumeRolePolicyDocument", kRoleTrust}}));
    CHECK(ErrorOf(iam.Ask("CreateUser", {{"UserName", "y"},
                                         {"PermissionsBoundary", kArn + "2"}})) == "NoSuchEntity");
    CHECK(Field(iam.Ask("GetUser", {{"UserName", "x"}}), "PermissionsBoundaryArn") == kArn);
    CHECK(Field(iam.Ask("ListEntitiesForPolicy",
                        {{"PolicyArn", kArn}, {"PolicyUsageFilter", "PermissionsBoundary"}}),
                "UserName") == "x");
    for (const std::string kind : {"User", "Role"}) {
        const std::string name = kind + "Name";
        REQUIRE(iam.Ask("Put" + kind + "PermissionsBoundary",
                        {{name, "x"}, {"PermissionsBoundary", kArn}}));
        REQUIRE(iam.Ask("Delete" + kind + "PermissionsBoundary", {{name, "x"}}));
        CHECK(ErrorOf(iam.Ask("Delete" + kind + "PermissionsBoundary", {{name, "x"}})) ==
              "NoSuchEntity");
        REQUIRE(iam.Ask("Tag" + kind, {{name, "x"},
                                       {"Tags.member.1.Key", "team"},
                                       {"Tags.member.1.Value", "a"},
                                       {"Tags.member.2.Key", "stage"},
                                       {"Tags.member.2.Value", "dev"}}));
        REQUIRE(iam.Ask("Untag" + kind, {{name, "x"}, {"TagKeys.member.1", "stage"}}));
        const auto tags = iam.Ask("List" + kind + "Tags", {{name, "x"}});
        CHECK(Count(tags, "<Key>") == 1);
        CHECK(Field(tags, "Value") == "a");
    }
    REQUIRE(
        iam.Ask("TagPolicy",
                {{"PolicyArn", kArn}, {"Tags.member.1.Key", "k"}, {"Tags.member.1.Value", "v"}}));
    CHECK(Field(iam.Ask("ListPolicyTags", {{"PolicyArn", kArn}}), "Value") == "v");
    REQUIRE(iam.Ask("UntagPolicy", {{"PolicyArn", kArn}, {"TagKeys.member.1", "k"}}));
    CHECK(Count(iam.Ask("ListPolicyTags", {{"PolicyArn", kArn}}), "<Key>") == 0);
}

TEST_CASE("custom simulations name the statement, its place and what they miss") {
    Iam iam;
    const std::string document =
        "{\"Statement\": [\n  {\"Sid\":\"A\",\"Effect\":\"Allow\",\"Action\":\"s3:*\","
        "\"Resource\":\"*\",\n   \"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"true\"}}}]}";
    Iam::Form form{{"PolicyInputList.member.1", document},
                   {"ActionNames.member.1", "s3:GetObject"}};
    auto answer = iam.Ask("SimulateCustomPolicy", form);
    CHECK(Field(answer, "EvalDecision") == "implicitDeny");
    CHECK(Field(answer, "MissingContextValues").find("aws:SecureTransport") != std::string::npos);
    form.emplace_back("ContextEntries.member.1.ContextKeyName", "aws:securetransport");
    form.emplace_back("ContextEntries.member.1.ContextKeyType", "boolean");
    form.emplace_back("ContextEntries.member.1.ContextKeyValues.member.1", "true");
    answer = iam.Ask("SimulateCustomPolicy", form);
    CHECK(Field(answer, "EvalDecision") == "allowed");
    CHECK(Field(answer, "SourcePolicyId") == "PolicyInputList.1");
    CHECK(Field(answer, "StartPosition") == "<Line>2</Line><Column>3</Column>");
    CHECK(Field(answer, "Line") == "2");
    form.emplace_back("PermissionsBoundaryPolicyInputList.member.1", kWrite);
    answer = iam.Ask("SimulateCustomPolicy", form);
    CHECK(Field(answer, "EvalDecision") == "implicitDeny");
    CHECK(Field(answer, "AllowedByPermissionsBoundary") == "false");
    CHECK(Field(iam.Ask("GetContextKeysForCustomPolicy", {{"PolicyInputList.member.1", document}}),
                "member") == "aws:SecureTransport");
    CHECK(ErrorOf(iam.Ask("SimulateCustomPolicy", {{"PolicyInputList.member.1", kRead},
                                                   {"ActionNames.member.1", "get"}})) ==
          "InvalidInput");
}

TEST_CASE("what the account holds, and what it holds none of") {
    Iam iam;
    REQUIRE(iam.Ask("CreateUser", {{"UserName", "ann"}}));
    const auto summary = iam.Ask("GetAccountSummary");
    CHECK(Count(summary, "<key>Users</key><value>1</value>") == 1);
    CHECK(Field(iam.Ask("ListAccountAliases"), "IsTruncated") == "false");
    CHECK(iam.Ask("ListOpenIDConnectProviders"));
    CHECK(iam.Ask("ListMFADevices", {{"UserName", "ann"}}));
    CHECK(ErrorOf(iam.Ask("ListMFADevices", {{"UserName", "none"}})) == "NoSuchEntity");
    CHECK(ErrorOf(iam.Ask("GetLoginProfile", {{"UserName", "ann"}})) == "NoSuchEntity");
    const auto key = Field(iam.Ask("CreateAccessKey", {{"UserName", "ann"}}), "AccessKeyId");
    const auto unused = iam.Ask("GetAccessKeyLastUsed", {{"AccessKeyId", key}});
    CHECK(Field(unused, "ServiceName") == "N/A");
    CHECK(Field(unused, "UserName") == "ann");
    iam.store->NoteUse(*iam.store->Find(key), "s3", "us-east-1");
    CHECK(Field(iam.Ask("GetAccessKeyLastUsed", {{"AccessKeyId", key}}), "ServiceName") == "s3");
    CHECK(Field(iam.Call("sts", "GetAccessKeyInfo", {{"AccessKeyId", key}}), "Account") ==
          "123456789012");
    iam.caller_key = key;
    const auto token = iam.Call("sts", "GetSessionToken", {{"DurationSeconds", "900"}});
    CHECK(iam.store->Find(Field(token, "AccessKeyId"))->caller.arn ==
          "arn:aws:iam::123456789012:user/ann");
}
