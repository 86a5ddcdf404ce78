#include <doctest/doctest.h>

#include <atomic>
#include <string>

#include "load/latency_histogram.h"
#include "load/load_run.h"
#include "load/request_set.h"
#include "load/response_reader.h"
#include "load/tally.h"
#include "net/exchange.h"
#include "net/http_server.h"

namespace gyre::load {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST_CASE("a quantile is within 0.8% of what was recorded") {
    LatencyHistogram histogram;
    for (int i = 1; i <= 100'000; i++) histogram.Record(microseconds(i));
    for (const double fraction : {0.01, 0.5, 0.9, 0.99, 0.999}) {
        const auto got = static_cast<double>(histogram.Quantile(fraction).count());
        CHECK(got / (fraction * 1e8) == doctest::Approx(1).epsilon(0.008));
    }
    CHECK(histogram.Quantile(1) == milliseconds(100));
    CHECK(histogram.Mean() == nanoseconds(50'000'500));
    CHECK(LatencyHistogram().Quantile(0.5) == nanoseconds(0));
}

TEST_CASE("an answer is read when all of it is there") {
    const std::string plain =
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length:  4 \r\n\r\nbusy";
    const std::string chunked =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        "3\r\nabc\r\na;x=1\r\n0123456789\r\n0\r\n\r\n";
    for (const std::string& text : {plain, chunked}) {
        for (size_t i = 0; i < text.size(); i++) CHECK(ReadAnswer(text.substr(0, i))->size == 0);
        CHECK(ReadAnswer(text)->size == text.size());
        CHECK(ReadAnswer(text + "more")->size == text.size());
    }
    const std::string& kept = plain;
    const auto answer = ReadAnswer(kept);
    CHECK(answer->status == 503);
    CHECK(answer->body == "busy");
    CHECK(answer->retry_after);
    CHECK_FALSE(answer->close);
    CHECK(ReadAnswer(chunked)->close);
    CHECK_FALSE(ReadAnswer("HTTP/1.1 200 OK\r\n\r\n"));
    CHECK_FALSE(ReadAnswer("SSH-2.0-OpenSSH\r\n\r\n"));
}

TEST_CASE("a signature serves for a minute and is then made again") {
    LoadOptions options;
    options.bodies = {"a", "b"};
    options.identity = access::SigningIdentity{"AKID", "secret", "", "us-east-1", "sagemaker"};
    const core::WallTime begin(std::chrono::milliseconds(1'700'000'000'000));
    RequestSet requests(options, begin);
    const std::string first(requests.Head(0));
    CHECK(first.find("Authorization: AWS4-HMAC-SHA256 Credential=AKID/20231114/us-east-1/sagemaker/"
                     "aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=") !=
          std::string::npos);
    CHECK(first != requests.Head(1));
    requests.Refresh(begin + std::chrono::seconds(59));
    CHECK(first == requests.Head(0));
    requests.Refresh(begin + std::chrono::seconds(60));
    CHECK(first != requests.Head(0));
}

TEST_CASE("an answer is right when it is as asked, and good when it also came in time") {
    LoadOptions options;
    options.bodies = {"a"};
    options.check = Check::kFirst;
    options.good_within = milliseconds(10);
    Tally tally(options);
    const auto answer = [&](int status, std::string_view body, milliseconds latency,
                            bool measured) {
        AnswerView view;
        view.status = status;
        view.body = body;
        view.body_size = body.size();
        tally.Answered(0, view, latency, measured);
    };
    answer(200, "one", milliseconds(1), false);
    answer(200, "one", milliseconds(10), true);
    answer(200, "one", milliseconds(11), true);
    answer(200, "two", milliseconds(1), true);
    answer(503, "one", milliseconds(1), true);
    const core::JsonObject report = tally.Report(2);
    CHECK(report.at("right_per_s").as_double() == 1);
    CHECK(report.at("good_per_s").as_double() == 0.5);
    CHECK(report.at("asked_per_s").as_double() == 2);
    CHECK(report.at("good_share").as_double() == 0.25);
    CHECK(report.at("wrong").to_number<int>() == 1);
    CHECK(report.at("by_status").at("503").to_number<int>() == 1);
}

TEST_CASE("both loops get their answers from a server that refuses now and then") {
    std::atomic<int> calls = 0;
    auto server = net::HttpServer::Start({}, [&](const std::shared_ptr<net::Exchange>& exchange) {
        exchange->ReadBody(1 << 20, [&calls, exchange](const core::Result<std::string>& body) {
            net::Response response;
            response.body = "ok " + exchange->Head().path + " " + std::to_string(body->size());
            if (++calls % 7 == 0) response.status = 503;
            exchange->Respond(std::move(response));
        });
    });
    REQUIRE(server);
    const std::string address = (*server)->Address();
    LoadOptions options;
    options.port = static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    options.path = "/p";
    options.bodies = {std::string(100'000, 'a'), "b"};
    options.clients = 3;
    options.warm_up = milliseconds(0);
    options.duration = std::chrono::seconds(1);
    options.check = Check::kFirst;
    options.expect_prefix = "ok /p";
    SUBCASE("closed") {
    }
    SUBCASE("open") {
        options.rate = 200;
    }
    const auto run = LoadRun::Make(options);
    REQUIRE(run);
    const auto report = (*run)->Run();
    REQUIRE(report);
    CHECK(report->at("right_per_s").as_double() > 0);
    CHECK(report->at("wrong").to_number<int>() == 0);
    CHECK(report->at("broken_connections").to_number<int>() == 0);
    (*server)->Stop(milliseconds(100));
}

TEST_CASE("a long answer is measured whole, though only its beginning is kept") {
    std::atomic<int> calls = 0;
    auto server = net::HttpServer::Start({}, [&](const std::shared_ptr<net::Exchange>& exchange) {
        net::Response response;
        response.body = std::string(1'500'000 + (++calls % 4 == 0 ? 1 : 0), 'x');
        exchange->Respond(std::move(response));
    });
    REQUIRE(server);
    const std::string address = (*server)->Address();
    LoadOptions options;
    options.port = static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    options.method = "GET";
    options.bodies = {""};
    options.warm_up = milliseconds(0);
    options.duration = milliseconds(300);
    options.check = Check::kLength;
    options.expect_prefix = std::string(1000, 'x');
    const auto report = LoadRun::Make(options).value()->Run();
    REQUIRE(report);
    CHECK(report->at("right_per_s").as_double() > 0);
    CHECK(report->at("wrong").to_number<int>() > 0);
    CHECK(report->at("broken_connections").to_number<int>() == 0);
    (*server)->Stop(milliseconds(100));
}

TEST_CASE("load goes to loopback only, and a server that is not there is an error") {
    LoadOptions options;
    options.bodies = {""};
    options.address = "10.0.0.1";
    CHECK_FALSE(LoadRun::Make(options));
    options.address = "127.0.0.1";
    options.port = 1;
    options.warm_up = milliseconds(0);
    options.duration = std::chrono::seconds(60);
    const auto run = LoadRun::Make(options);
    REQUIRE(run);
    CHECK_FALSE((*run)->Run());
}

}  // namespace
}  // namespace gyre::load
