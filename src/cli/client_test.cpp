#include <doctest/doctest.h>

#include <deque>
#include <fstream>
#include <map>

#include "cli/detail/deploy.h"
#include "cli/detail/test_session.h"
#include "cli/detail/upload.h"
#include "core/guarded.h"
#include "core/temp_dir.h"
#include "net/http_server.h"

using namespace gyre;
using namespace gyre::cli::detail;
using core::JsonObject;

namespace {

/// Answers each request with what was queued for its key, which is "METHOD path?query" for S3 and
/// the operation for the others; the last answer of a key stays. 404 for what nothing was queued.
class FakePlatform {
  public:
    FakePlatform() {
        auto started = net::HttpServer::Start({}, [this](std::shared_ptr<net::Exchange> exchange) {
            exchange->ReadBody(100 << 20, [this, exchange](const core::Result<std::string>& body) {
                exchange->Respond(Answer(exchange->Head(), body->size()));
            });
        });
        REQUIRE(started);
        server_ = std::move(*started);
        platform_ = std::make_unique<Platform>(Connection{.url = "http://" + server_->Address(),
                                                          .access_key_id = "AKID",
                                                          .secret_access_key = "s",
                                                          .region = "us-east-1",
                                                          .keys_from = "a test"},
                                               server_->Address(), nullptr, core::SystemClock());
    }

    void Queue(const std::string& key, int status, const std::string& body = "",
               const std::string& etag = "") {
        net::Response response{.status = status, .headers = {}, .body = body};
        if (!etag.empty()) response.headers.Add("ETag", etag);
        answers_.Lock()->operator[](key).push_back(std::move(response));
    }
    const Platform& Client() { return *platform_; }
    /// Keys of the requests that came, with the size of their bodies behind them where not 0.
    std::vector<std::string> Requests() { return *requests_.Lock(); }

  private:
    net::Response Answer(const net::RequestHead& head, size_t body_size) {
        const std::string target(head.headers.Get("X-Amz-Target"));
        std::string key = target.substr(target.find('.') + 1);
        if (target.empty()) {
            key = head.method + " " + head.path + (head.query.empty() ? "" : "?" + head.query);
        }
        requests_.Lock()->push_back(
            key + (body_size == 0 || !target.empty() ? "" : " " + std::to_string(body_size)));
        auto answers = answers_.Lock();
        const auto found = answers->find(key);
        if (found == answers->end()) return {.status = 404, .headers = {}, .body = ""};
        net::Response response = found->second.front();
        if (found->second.size() > 1) found->second.pop_front();
        return response;
    }

    core::Guarded<std::map<std::string, std::deque<net::Response>>> answers_;
    core::Guarded<std::vector<std::string>> requests_;
    std::unique_ptr<net::HttpServer> server_;
    std::unique_ptr<Platform> platform_;
};

/// A file of that many zero bytes, which take no space on the disk.
struct ZeroFile {
    core::TempDir dir;
    std::filesystem::path path = dir.Path() / "model.tar.gz";
    explicit ZeroFile(uint64_t size) {
        const std::ofstream made(path);
        std::filesystem::resize_file(path, size);
    }
};

core::Status Send(FakePlatform& fake, const ZeroFile& file) {
    return Upload(fake.Client(), core::RealFileSystem(), file.path, "b", "k", [](auto, auto) {});
}

constexpr uint64_t kMiB = 1 << 20;
const std::string kBegun =
    "<InitiateMultipartUploadResult><UploadId>u&amp;1</UploadId></InitiateMultipartUploadResult>";

}  // namespace

TEST_CASE("a small file is one PUT, a large one goes in parts of 16 MiB") {
    FakePlatform fake;
    fake.Queue("PUT /b/k", 200);
    CHECK(Send(fake, ZeroFile(5)));
    CHECK(fake.Requests() == std::vector<std::string>{"HEAD /b/k", "PUT /b/k 5"});

    FakePlatform parts;
    parts.Queue("POST /b/k?uploads=", 200, kBegun);
    for (const char* number : {"1", "2", "3"}) {
        parts.Queue(std::string("PUT /b/k?partNumber=") + number + "&uploadId=u%261", 200, "",
                    std::string("\"e") + number + "\"");
    }
    parts.Queue("POST /b/k?uploadId=u%261", 200, "<CompleteMultipartUploadResult/>");
    CHECK(Send(parts, ZeroFile(33 * kMiB)));
    const auto requests = parts.Requests();
    REQUIRE(requests.size() == 6);
    CHECK(requests[2] == "PUT /b/k?partNumber=1&uploadId=u%261 16777216");
    CHECK(requests[4] == "PUT /b/k?partNumber=3&uploadId=u%261 1048576");
}

TEST_CASE("an upload that breaks is called off, also when it is told with a 200") {
    FakePlatform fake;
    fake.Queue("POST /b/k?uploads=", 200, kBegun);
    fake.Queue("DELETE /b/k?uploadId=u%261", 204);
    SUBCASE("in a part") {
        fake.Queue("PUT /b/k?partNumber=1&uploadId=u%261", 503,
                   "<Error><Code>SlowDown</Code><Message>Wait &lt;a while&gt;.</Message></Error>");
    }
    SUBCASE("at its end") {
        fake.Queue("PUT /b/k?partNumber=1&uploadId=u%261", 200, "", "\"e1\"");
        fake.Queue("PUT /b/k?partNumber=2&uploadId=u%261", 200, "", "\"e2\"");
        fake.Queue("POST /b/k?uploadId=u%261", 200,
                   "<Error><Code>InternalError</Code><Message>Wait &lt;a while&gt;.</Message>"
                   "</Error>");
    }
    const auto sent = Send(fake, ZeroFile(17 * kMiB));
    REQUIRE_FALSE(sent);
    CHECK(sent.error().message == "Wait <a while>.");
    CHECK(fake.Requests().back() == "DELETE /b/k?uploadId=u%261");
}

TEST_CASE("the API's words reach the user, and whose keys were refused") {
    FakePlatform fake;
    fake.Queue("CreateModel", 400,
               R"({"__type": "ns#ValidationException", "message": "1 validation error"})");
    fake.Queue("ListModels", 403, R"({"__type": "AccessDeniedException", "Message": "No."})");
    fake.Queue("DeleteModel", 403,
               R"({"__type": "UnrecognizedClientException", "message": "Who?"})");
    fake.Queue("ListTags", 200, "<html>");
    const auto invalid = fake.Client().Call("sagemaker", "CreateModel", JsonObject());
    CHECK(invalid.error().message == "1 validation error");
    CHECK(invalid.error().wire_name == "ValidationException");
    const auto denied = fake.Client().List("ListModels", "Models");
    CHECK(denied.error().message == "No. (keys AKID, from a test)");
    const auto unknown = fake.Client().Call("sagemaker", "DeleteModel", JsonObject());
    CHECK(unknown.error().message.find("gyre env") != std::string::npos);
    const auto other = fake.Client().Call("sagemaker", "ListTags", JsonObject());
    CHECK(other.error().message.find("is no Gyre platform") != std::string::npos);
}

TEST_CASE("all pages of a list are read") {
    FakePlatform fake;
    fake.Queue("ListModels", 200, R"({"Models": [1, 2], "NextToken": "t"})");
    fake.Queue("ListModels", 200, R"({"Models": [3]})");
    CHECK(fake.Client().List("ListModels", "Models")->size() == 3);
}

TEST_CASE("a deployment is waited for until it serves, failed or went back") {
    FakePlatform fake;
    TestSession world;
    Progress progress(world.session);
    const auto wait = [&] {
        return WaitForEndpoint(fake.Client(), world.session, "e", "new", progress);
    };
    const auto queue = [&](const std::string& status, const std::string& config) {
        fake.Queue("DescribeEndpoint", 200,
                   core::JsonText(JsonObject{{"EndpointStatus", status},
                                             {"EndpointConfigName", config},
                                             {"FailureReason", "no memory"}}));
    };
    queue("Updating", "old");
    SUBCASE("serves") {
        queue("InService", "new");
        CHECK(wait());
        CHECK(fake.Requests().size() == 2);
    }
    SUBCASE("with the hosts' last word, on a terminal") {
        world.session.err_is_terminal = true;
        world.session.width = 40;
        fake.Queue("DescribeLogGroups", 200,
                   R"({"logGroups": [{"logGroupName": "/aws/sagemaker/Endpoints/e"}]})");
        fake.Queue("DescribeLogStreams", 200, R"({"logStreams": [{"logStreamName": "s"}]})");
        fake.Queue(
            "GetLogEvents", 200,
            R"({"events": [{"timestamp": 1700000000001, "message": "reading\tthe weights"}],)"
            R"( "nextForwardToken": "f/1"})");
        queue("InService", "new");
        CHECK(wait());
        CHECK(world.Err() == "\r\033[Ke is Updating … 0 s: reading the weigh…");
    }
    SUBCASE("failed") {
        queue("Failed", "new");
        CHECK(wait().error().message == "endpoint e failed: no memory (more: `gyre logs e`)");
    }
    SUBCASE("went back to what served before") {
        queue("RollingBack", "old");
        queue("InService", "old");
        CHECK(wait().error().message ==
              "the update of e failed, and what served before goes on serving: no memory (more: "
              "`gyre logs e`)");
    }
}

TEST_CASE("a transform job is waited for through errors of the platform") {
    FakePlatform fake;
    TestSession world;
    world.variables = {{"GYRE_URL", fake.Client().At().url},
                       {"GYRE_ACCESS_KEY_ID", "AKID"},
                       {"GYRE_SECRET_ACCESS_KEY", "s"}};
    fake.Queue("DescribeModel", 200, "{}");
    fake.Queue("CreateTransformJob", 200, "{}");
    fake.Queue("DescribeTransformJob", 200, R"({"TransformJobStatus": "InProgress"})");
    const auto run = [&] {
        return world.Run({"transform", "m", "s3://in/", "s3://out/", "--name", "j"});
    };
    SUBCASE("that pass") {
        for (int i = 0; i < 20; i++) fake.Queue("DescribeTransformJob", 503);
        fake.Queue("DescribeTransformJob", 200, R"({"TransformJobStatus": "Completed"})");
        CHECK(run() == 0);
    }
    SUBCASE("that stay") {
        fake.Queue("DescribeTransformJob", 503);
        CHECK(run() == 1);
        CHECK(world.Err().find("`gyre transforms j`") != std::string::npos);
        CHECK(fake.Requests().back() == "DescribeTransformJob");  // nothing was removed
    }
    SUBCASE("but not when it says no") {
        fake.Queue("DescribeTransformJob", 400, R"({"message": "no such job"})");
        CHECK(run() == 1);
        CHECK(world.Err().find("no such job") != std::string::npos);
    }
}
