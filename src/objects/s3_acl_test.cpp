#include <doctest/doctest.h>

#include "objects/test_s3.h"

using namespace gyre;
using namespace gyre::objects;

namespace {

struct WithObject : TestS3 {
    explicit WithObject(S3Options options = {}) : TestS3(std::move(options)) {
        Ask("PUT", "/bkt");
        Ask("PUT", "/bkt/k", "1");
    }
    /// What the access control lists say to a request that no policy allows.
    bool Opens(const std::string& action, const std::string& resource, bool with_key = false,
               const std::string& version = "", bool makes = false) {
        access::AccessRequest request;
        request.action = action;
        request.resource = "arn:aws:s3:::" + resource;
        if (with_key) {
            request.account = "000000000000";
            request.principal_arns = {"arn:aws:iam::000000000000:user/ann"};
        }
        if (!version.empty()) request.context.emplace_back("s3:versionid", version);
        if (makes) request.context.emplace_back(kMakesObject, "true");
        const auto acl = Store().Settings().AclOf(request);
        access::PolicySet set;
        set.resource = acl.get();
        return access::EvaluateAll(set, request).Allowed();
    }
    std::vector<std::string> Permissions(const std::string& path) {
        return Elements(Ask("GET", path + "?acl").body, "Permission");
    }
    std::string Put(const std::string& path, const std::string& acl) {
        return Outcome("PUT", path + "?acl", "", {{"x-amz-acl", acl}});
    }
    std::string Own(const std::string& ownership) {
        return Outcome("PUT", "/bkt?ownershipControls",
                       "<OwnershipControls><Rule><ObjectOwnership>" + ownership +
                           "</ObjectOwnership></Rule></OwnershipControls>");
    }
    void Block(const std::string& which) {
        Ask("PUT", "/bkt?publicAccessBlock",
            "<PublicAccessBlockConfiguration><" + which + ">true</" + which +
                "></PublicAccessBlockConfiguration>");
    }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a canned ACL opens its object, and nothing beside it") {
    WithObject s3;
    CHECK(s3.Permissions("/bkt/k") == Texts{"FULL_CONTROL"});
    CHECK(!s3.Opens("s3:GetObject", "bkt/k", true));
    CHECK(s3.Outcome("PUT", "/bkt/open", "2", {{"x-amz-acl", "public-read"}}) == "200");
    CHECK(s3.Permissions("/bkt/open") == Texts{"READ", "FULL_CONTROL"});
    CHECK(s3.Opens("s3:GetObject", "bkt/open"));
    CHECK(!s3.Opens("s3:GetObject", "bkt/k"));
    CHECK(!s3.Opens("s3:GetObject", "bkt/none"));
    for (const char* action : {"s3:PutObject", "s3:DeleteObject", "s3:GetObjectAcl",
                               "s3:PutObjectAcl", "s3:GetObjectTagging"}) {
        CAPTURE(action);
        CHECK(!s3.Opens(action, "bkt/open"));
    }
    CHECK(!s3.Opens("s3:ListBucket", "bkt"));
    CHECK(s3.Put("/bkt/open", "authenticated-read") == "200");
    CHECK(!s3.Opens("s3:GetObject", "bkt/open"));
    CHECK(s3.Opens("s3:GetObject", "bkt/open", true));
    CHECK(s3.Put("/bkt/open", "private") == "200");
    CHECK(!s3.Opens("s3:GetObject", "bkt/open", true));
    CHECK(s3.Put("/bkt/none", "private") == "404 NoSuchKey");
}

TEST_CASE("a bucket's ACL opens its listings, or its writing, and not its objects") {
    WithObject s3;
    CHECK(!s3.Opens("s3:ListBucket", "bkt", true));
    CHECK(s3.Put("/bkt", "public-read") == "200");
    CHECK(s3.Opens("s3:ListBucket", "bkt"));
    CHECK(s3.Opens("s3:ListBucketVersions", "bkt"));
    CHECK(!s3.Opens("s3:GetObject", "bkt/k"));
    CHECK(!s3.Opens("s3:PutObject", "bkt/k"));
    CHECK(!s3.Opens("s3:GetBucketAcl", "bkt"));
    CHECK(s3.Put("/bkt", "public-read-write") == "200");
    CHECK(s3.Permissions("/bkt") == Texts{"READ", "WRITE", "FULL_CONTROL"});
    CHECK(s3.Opens("s3:PutObject", "bkt/new"));
    CHECK(!s3.Opens("s3:DeleteObject", "bkt/k"));
    CHECK(!s3.Opens("s3:PutObjectAcl", "bkt/k"));
    CHECK(s3.Opens("s3:PutObjectAcl", "bkt/new", false, "", true));
    s3.Put("/bkt", "public-read");
    CHECK(!s3.Opens("s3:PutObjectAcl", "bkt/new", false, "", true));
    CHECK(s3.Outcome("PUT", "/made", "", {{"x-amz-acl", "public-read"}}) == "200");
    CHECK(s3.Opens("s3:ListBucket", "made"));
    s3.Ask("DELETE", "/made");
    s3.Ask("PUT", "/made");
    CHECK(!s3.Opens("s3:ListBucket", "made"));
}

TEST_CASE("an ACL is of one version, and is not copied") {
    WithObject s3;
    s3.Ask("PUT", "/bkt?versioning",
           "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
    const auto open = s3.Ask("PUT", "/bkt/v", "1", {{"x-amz-acl", "public-read"}});
    const auto shut = s3.Ask("PUT", "/bkt/v", "2");
    const std::string first = Header(open, "x-amz-version-id");
    const std::string second = Header(shut, "x-amz-version-id");
    CHECK(!s3.Opens("s3:GetObject", "bkt/v"));
    CHECK(s3.Opens("s3:GetObjectVersion", "bkt/v", false, first));
    CHECK(!s3.Opens("s3:GetObjectVersion", "bkt/v", false, second));
    // A copy's source is asked for by its key alone: which version it is about is not known.
    s3.Put("/bkt/v", "public-read");
    CHECK(!s3.Opens("s3:GetObjectVersion", "bkt/v"));
    CHECK(s3.Put("/bkt/v?versionId=" + first, "private") == "200");

    CHECK(s3.Outcome("PUT", "/bkt/copy", "", {{"x-amz-copy-source", "/bkt/v"}}) == "200");
    CHECK(!s3.Opens("s3:GetObject", "bkt/copy"));
    CHECK(s3.Outcome("PUT", "/bkt/copy", "",
                     {{"x-amz-copy-source", "/bkt/v"}, {"x-amz-acl", "public-read"}}) == "200");
    CHECK(s3.Opens("s3:GetObject", "bkt/copy"));
}

TEST_CASE("an upload in parts makes an object with its ACL") {
    WithObject s3;
    const std::string id = Element(
        s3.Ask("POST", "/bkt/parts?uploads", "", {{"x-amz-acl", "public-read"}}).body, "UploadId");
    const std::string etag =
        Header(s3.Ask("PUT", "/bkt/parts?partNumber=1&uploadId=" + id, "1"), "ETag");
    CHECK(s3.Outcome("POST", "/bkt/parts?uploadId=" + id,
                     "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + etag +
                         "</ETag></Part></CompleteMultipartUpload>") == "200");
    CHECK(s3.Opens("s3:GetObject", "bkt/parts"));
}

TEST_CASE("a body may say what a canned ACL says") {
    WithObject s3;
    s3.Ask("PUT", "/bkt/open", "2", {{"x-amz-acl", "public-read"}});
    const std::string open = s3.Ask("GET", "/bkt/open?acl").body;
    CHECK(s3.Outcome("PUT", "/bkt/k?acl", open) == "200");
    CHECK(s3.Opens("s3:GetObject", "bkt/k"));
    CHECK(s3.Outcome("PUT", "/bkt?acl", open) == "200");
    CHECK(s3.Opens("s3:ListBucket", "bkt"));
    std::string other = open;
    other.replace(other.find("FULL_CONTROL"), 12, "WRITE_ACP");
    CHECK(s3.Outcome("PUT", "/bkt/k?acl", other) == "501 NotImplemented");
    CHECK(s3.Opens("s3:GetObject", "bkt/k"));
}

TEST_CASE("public ACLs can be blocked and ignored") {
    WithObject s3;
    s3.Put("/bkt/k", "public-read");
    s3.Put("/bkt", "public-read");
    s3.Block("BlockPublicAcls");
    for (const char* acl : {"public-read", "public-read-write", "authenticated-read"}) {
        CAPTURE(acl);
        CHECK(s3.Put("/bkt", acl) == "403 AccessDenied");
        CHECK(s3.Outcome("PUT", "/bkt/k", "1", {{"x-amz-acl", acl}}) == "403 AccessDenied");
    }
    CHECK(s3.Outcome("PUT", "/bkt/k?acl", s3.Ask("GET", "/bkt/k?acl").body) == "403 AccessDenied");
    CHECK(s3.Put("/bkt/k", "private") == "200");
    CHECK(s3.Opens("s3:ListBucket", "bkt"));
    CHECK(Element(s3.Ask("GET", "/bkt?policyStatus").body, "IsPublic") == "true");
    s3.Block("IgnorePublicAcls");
    CHECK(!s3.Opens("s3:ListBucket", "bkt", true));
    CHECK(Element(s3.Ask("GET", "/bkt?policyStatus").body, "IsPublic") == "false");
}

TEST_CASE("a bucket whose owner owns everything has no ACLs") {
    WithObject s3;
    CHECK(s3.Outcome("GET", "/bkt?ownershipControls") == "404 OwnershipControlsNotFoundError");
    s3.Put("/bkt/k", "public-read");
    s3.Put("/bkt", "public-read");
    CHECK(s3.Own("BucketOwnerEnforced") == "400 InvalidBucketAclWithObjectOwnership");
    s3.Put("/bkt", "private");
    CHECK(s3.Own("BucketOwnerEnforced") == "200");
    CHECK(Element(s3.Ask("GET", "/bkt?ownershipControls").body, "ObjectOwnership") ==
          "BucketOwnerEnforced");
    CHECK(!s3.Opens("s3:GetObject", "bkt/k", true));
    CHECK(s3.Permissions("/bkt/k") == Texts{"FULL_CONTROL"});
    for (const char* acl : {"private", "public-read", "bucket-owner-read"}) {
        CAPTURE(acl);
        CHECK(s3.Put("/bkt", acl) == "400 AccessControlListNotSupported");
        CHECK(s3.Outcome("PUT", "/bkt/k2", "1", {{"x-amz-acl", acl}}) ==
              "400 AccessControlListNotSupported");
    }
    CHECK(s3.Outcome("PUT", "/bkt/k2", "1", {{"x-amz-acl", "bucket-owner-full-control"}}) == "200");
    CHECK(s3.Own("BucketOwnerPreferred") == "200");
    CHECK(s3.Opens("s3:GetObject", "bkt/k"));
    CHECK(s3.Own("Everybody") == "400 MalformedXML");
    CHECK(s3.Outcome("DELETE", "/bkt?ownershipControls") == "204");
    CHECK(s3.Outcome("GET", "/bkt?ownershipControls") == "404 OwnershipControlsNotFoundError");

    CHECK(s3.Outcome("PUT", "/shut", "",
                     {{"x-amz-object-ownership", "BucketOwnerEnforced"},
                      {"x-amz-acl", "public-read"}}) == "400 InvalidBucketAclWithObjectOwnership");
    CHECK(s3.Outcome("PUT", "/shut", "", {{"x-amz-object-ownership", "BucketOwnerEnforced"}}) ==
          "200");
    CHECK(s3.Outcome("PUT", "/shut/k", "1", {{"x-amz-acl", "public-read"}}) ==
          "400 AccessControlListNotSupported");
}

TEST_CASE("to open something by an ACL is a permission of its own") {
    Texts asked;
    WithObject s3({.allowed = [&](const wire::CallContext&, const std::string& permission,
                                  const std::string& resource) -> core::Status {
        asked.push_back(permission + " " + resource);
        return core::Fail(core::Code::kPermissionDenied, "AccessDenied", "no");
    }});
    const TestS3::Fields open = {{"x-amz-acl", "public-read"}};
    CHECK(s3.Ask("PUT", "/bkt/k", "1", open).status == 403);
    CHECK(s3.Ask("POST", "/bkt/k?uploads", "", open).status == 403);
    CHECK(s3.Ask("PUT", "/new", "", open).status == 403);
    CHECK(asked == Texts{"s3:PutObjectAcl arn:aws:s3:::bkt/k", "s3:PutObjectAcl arn:aws:s3:::bkt/k",
                         "s3:PutBucketAcl arn:aws:s3:::new"});
    CHECK(s3.Ask("PUT", "/bkt/k", "1", {{"x-amz-acl", "private"}}).status == 200);
    CHECK(asked.size() == 3);
}
