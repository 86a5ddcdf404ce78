#include "serving/router.h"

#include <atomic>

#include "serving/test_house.h"

namespace gyre::serving::test {
namespace {

const core::Error& ErrorOf(const core::Result<net::Response>& answer) {
    REQUIRE_FALSE(answer);
    return answer.error();
}

/// A host without a controller.
struct LoneHost {
    explicit LoneHost(net::IoLoop& loop, const std::string& name = "m") {
        HostSpec spec;
        spec.variant = name;
        spec.environment["NAME"] = name;
        const std::string socket = folder.Path() / "s";
        host = std::make_unique<FakeHost>(spec, socket, FakeHost::Conduct{});
        net::FrameClientOptions options;
        options.loop = &loop;
        link = std::make_shared<HostLink>(net::FrameClient::Connect(socket, options).value(), name);
    }
    ~LoneHost() { link->Close(); }
    core::TempDir folder;
    std::unique_ptr<FakeHost> host;
    std::shared_ptr<HostLink> link;
};

EndpointRoute RouteTo(const std::string& endpoint, std::vector<VariantRoute> variants) {
    EndpointRoute route;
    route.name = endpoint;
    route.status = "InService";
    route.in_service = true;
    route.variants = std::move(variants);
    return route;
}

TEST_CASE("an answer carries what the model said and how it was batched") {
    House house;
    const LoneHost lone(*house.loop);
    house.router->Publish(RouteTo("e", {{.name = "v", .hosts = {lone.link}}}));
    const std::string binary("\0\xff\n", 3);
    const auto plain = house.Invoke("e", binary, {{"Content-Type", "application/x-npy"}});
    REQUIRE(plain);
    CHECK(plain->body == "m: " + binary);
    CHECK(plain->status == 200);
    CHECK(plain->headers.Get("content-type") == "application/x-npy");
    CHECK_FALSE(plain->headers.Find("x-gyre-batch-size"));

    const auto traced = house.Invoke("e", "x",
                                     {{"X-Gyre-Trace", "1"},
                                      {"X-Amzn-SageMaker-Custom-Attributes", "trace=7"},
                                      {"Cookie", "c"}});
    REQUIRE(traced);
    CHECK(traced->headers.Get("x-gyre-queue-us") == "10");
    CHECK(traced->headers.Get("x-gyre-compute-us") == "20");
    CHECK(traced->headers.Get("x-gyre-batch-size") == "4");
    CHECK(traced->headers.Get("x-gyre-leave-reason") == "full");
    CHECK(traced->headers.Get("x-amzn-sagemaker-custom-attributes") == "trace=7");
    CHECK_FALSE(traced->headers.Find("cookie"));
}

TEST_CASE("errors are the runtime's") {
    House house;
    const LoneHost lone(*house.loop);
    house.router->Publish(RouteTo("e", {{.name = "v", .hosts = {lone.link}}}));

    CHECK(ErrorOf(house.Invoke("no", "x")).message ==
          "Endpoint no of account 000000000000 not found.");
    CHECK(ErrorOf(house.Invoke("e", "x", {}, "w")).wire_name == "ValidationError");
    CHECK(ErrorOf(house.Invoke("e", "x", {{"x-gyre-deadline-ms", "soon"}})).wire_name ==
          "ValidationError");

    const auto failed = house.Invoke("e", "fail");
    CHECK(ErrorOf(failed).wire_name == "ModelError");
    CHECK(ErrorOf(failed).http_status == 424);
    CHECK(ErrorOf(failed).details.at("OriginalStatusCode") == "500");
    CHECK(ErrorOf(failed).details.at("OriginalMessage") == "m: fail");
    CHECK(ErrorOf(failed).details.at("LogStreamArn") ==
          "arn:aws:logs:us-east-1:000000000000:log-group:/aws/sagemaker/Endpoints/e");

    const auto busy = house.Invoke("e", "busy");
    CHECK(ErrorOf(busy).wire_name == "ServiceUnavailable");
    CHECK(ErrorOf(busy).http_status == 503);
    CHECK(ErrorOf(busy).details.at("Retry-After") == "3");
    CHECK(ErrorOf(busy).details.at("x-gyre-predicted-wait-ms") == "2500");
}

TEST_CASE("what a host says in place of an answer becomes the runtime's error") {
    const Place place{"us-east-1", "000000000000"};
    using core::Code;
    const struct {
        Code code;
        int http_status;
        bool own_deadline;
        const char* wire_name;
        const char* original;
    } cases[] = {
        {Code::kInvalidArgument, 0, false, "ModelError", "400"},
        {Code::kInvalidArgument, 415, false, "ModelError", "415"},
        {Code::kInternal, 0, false, "ModelError", "500"},
        {Code::kDeadlineExceeded, 0, false, "ModelError", "0"},
        {Code::kDeadlineExceeded, 0, true, "ServiceUnavailable", nullptr},
        {Code::kUnavailable, 0, false, "ServiceUnavailable", nullptr},
    };
    for (const auto& one : cases) {
        core::Error error(one.code, "a \xff z");
        error.http_status = one.http_status;
        const core::Error shown = FromHost(place, "e", error, one.own_deadline);
        CHECK(shown.wire_name == one.wire_name);
        CHECK(shown.details.contains("OriginalStatusCode") == (one.original != nullptr));
        if (one.original == nullptr) continue;
        CHECK(shown.details.at("OriginalStatusCode") == one.original);
        CHECK(shown.details.at("OriginalMessage") == "a ? z");  // JSON is UTF-8
    }
}

TEST_CASE("the host with the fewest predictions is asked") {
    House house;
    const LoneHost a(*house.loop, "a");
    const LoneHost b(*house.loop, "b");
    a.host->Become({.silent = true});
    b.host->Become({.silent = true});
    house.router->Publish(RouteTo("e", {{.name = "v", .hosts = {a.link, b.link}}}));
    std::vector<House::Answer> answers;
    for (int i = 0; i < 10; i++) answers.push_back(house.Ask("e", "x"));
    while (a.host->Kept() + b.host->Kept() < 10) std::this_thread::yield();
    CHECK(a.host->Kept() == 5);
    a.host->AnswerKept();
    while (a.link->Outstanding() > 0) std::this_thread::yield();
    for (int i = 0; i < 5; i++) answers.push_back(house.Ask("e", "x"));
    while (a.host->Kept() < 5) std::this_thread::yield();
    a.host->AnswerKept();
    b.host->AnswerKept();
    for (auto& answer : answers) CHECK(House::Get(std::move(answer)));
}

TEST_CASE("a host that has just refused one is not asked for another that has as long") {
    House house;
    const LoneHost lone(*house.loop);
    house.router->Publish(RouteTo("e", {{.name = "v", .hosts = {lone.link}}}));
    const auto within = [&](const std::string& body, const std::string& ms) {
        return house.Invoke("e", body, {{"X-Gyre-Deadline-Ms", ms}});
    };
    CHECK_FALSE(within("slow", "1000"));
    CHECK(within("alone", "1000"));  // nothing is before it

    lone.host->Become({.silent = true});
    auto before = house.Ask("e", "before");
    while (lone.host->Kept() < 1) std::this_thread::yield();
    const auto refused = within("as long", "1000");
    CHECK(ErrorOf(refused).http_status == 503);
    CHECK(ErrorOf(refused).details.at("x-gyre-predicted-wait-ms") == "2000");
    CHECK(ErrorOf(refused).details.at("Retry-After") == "1");
    CHECK(lone.host->Kept() == 1);
    // The front door need not wait for its body.
    const core::JsonObject names{{"EndpointName", "e"}};
    const auto turned_away = [&](const std::string& ms, bool may) {
        net::RequestHead head;
        head.headers.Add("X-Gyre-Deadline-Ms", ms);
        return house.router->TurnAway(
            {.path_members = names, .head = head, .may = [may] { return may; }});
    };
    REQUIRE(turned_away("1000", true));
    CHECK(turned_away("1000", true)->details.at("x-gyre-predicted-wait-ms") == "2000");
    CHECK_FALSE(turned_away("1000", false));
    CHECK_FALSE(turned_away("3000", true));
    auto longer = house.Ask("e", "longer", {{"X-Gyre-Deadline-Ms", "3000"}});
    auto patient = house.Ask("e", "patient");
    while (lone.host->Kept() < 3) std::this_thread::yield();
    house.clock.Advance(core::milliseconds(21));  // it may have been wrong
    CHECK_FALSE(turned_away("1000", true));
    auto later = house.Ask("e", "later", {{"X-Gyre-Deadline-Ms", "1000"}});
    while (lone.host->Kept() < 4) std::this_thread::yield();
    lone.host->AnswerKept();
    for (auto* answer : {&before, &longer, &patient, &later}) {
        CHECK(House::Get(std::move(*answer)));
    }
}

TEST_CASE("a host that went away is passed over") {
    House house;
    const LoneHost a(*house.loop, "a");
    const LoneHost b(*house.loop, "b");
    house.router->Publish(
        RouteTo("e", {{.name = "v", .hosts = {a.link}}, {.name = "w", .hosts = {b.link}}}));
    a.host->Stop();
    while (a.link->Connected()) std::this_thread::yield();
    for (int i = 0; i < 10; i++) CHECK(house.Invoke("e", "x")->body == "b: x");
}

TEST_CASE("what waits for a host is answered in any case") {
    House house;
    house.End();
    house.wait_for_host = core::milliseconds(5);
    house.Begin();
    house.router->Publish(RouteTo("e", {{.name = "v", .hosts = {}}}));
    SUBCASE("when none comes in time") {
        const auto answer = house.Invoke("e", "x");
        CHECK(ErrorOf(answer).wire_name == "ServiceUnavailable");
        CHECK(ErrorOf(answer).details.contains("Retry-After"));
    }
    SUBCASE("when the platform stops") {
        house.End();
        house.wait_for_host = core::milliseconds(60'000);
        house.Begin();
        house.router->Publish(RouteTo("e", {{.name = "v", .hosts = {}}}));
        auto answer = house.Ask("e", "x");
        house.router->Stop();
        CHECK(ErrorOf(House::Get(std::move(answer))).wire_name == "ServiceUnavailable");
        CHECK(ErrorOf(house.Invoke("e", "x")).wire_name == "ServiceUnavailable");
    }
    SUBCASE("when the endpoint is deleted") {
        house.End();
        house.wait_for_host = core::milliseconds(60'000);
        house.Begin();
        house.router->Publish(RouteTo("e", {{.name = "v", .hosts = {}}}));
        auto answer = house.Ask("e", "x");
        house.router->Remove("e");
        CHECK(ErrorOf(House::Get(std::move(answer))).wire_name == "ValidationError");
    }
}

TEST_CASE("not more wait for a host than may") {
    net::IoLoop loop;
    core::FakeClock clock;
    Router router({.place = {}, .loop = &loop, .clock = &clock, .most_waiting = 2});
    router.Publish(RouteTo("e", {{.name = "v", .hosts = {}}}));
    int refused = 0;
    for (int i = 0; i < 5; i++) {
        wire::BufferedCall call;
        call.input = core::JsonObject{{"EndpointName", "e"}};
        call.respond = [&refused](const core::Result<net::Response>& answer) {
            refused += answer ? 0 : 1;
        };
        router.Invoke(std::move(call));
    }
    CHECK(refused == 3);
    router.Stop();
    CHECK(refused == 5);
}

TEST_CASE("weights share predictions evenly over any stretch") {
    net::IoLoop loop;
    const LoneHost host(loop);
    EndpointRoute route = RouteTo("e", {{.name = "a", .weight = 1, .hosts = {host.link}},
                                        {.name = "none", .weight = 50, .hosts = {}},
                                        {.name = "zero", .weight = 0, .hosts = {host.link}},
                                        {.name = "b", .weight = 9, .hosts = {host.link}}});
    for (int stretch = 0; stretch < 10; stretch++) {
        std::map<std::string, int> counts;
        for (int i = 0; i < 100; i++) counts[route.NextByWeight()->name]++;
        CHECK(counts["a"] + counts["b"] == 100);
        CHECK(std::abs(counts["a"] - 10) <= 2);
    }
}

TEST_CASE("routes change under load without a lost or a late prediction") {
    House house;
    std::vector<std::unique_ptr<LoneHost>> hosts;
    for (int i = 0; i < 6; i++) hosts.push_back(std::make_unique<LoneHost>(*house.loop));
    house.router->Publish(RouteTo("e", {{.name = "v", .hosts = {hosts[0]->link}}}));
    std::atomic<bool> stop = false;
    std::atomic<int> answered = 0;
    std::atomic<int> failed = 0;
    {
        std::vector<std::jthread> clients;
        for (int c = 0; c < 4; c++) {
            clients.emplace_back([&] {
                while (!stop) (house.Invoke("e", "x") ? answered : failed)++;
            });
        }
        for (size_t i = 1; i < hosts.size(); i++) {
            const int before = answered;
            while (answered < before + 20) std::this_thread::yield();
            const uint64_t table =
                house.router->Publish(RouteTo("e", {{.name = "v", .hosts = {hosts[i]->link}}}));
            house.router->Publish(RouteTo("other", {}));
            while (!house.router->NobodyUsesBefore(table)) std::this_thread::yield();
            std::promise<void> drained;
            hosts[i - 1]->link->Ask(HostFrame::kDrain,
                                    [&](const core::Result<net::Frame>&) { drained.set_value(); });
            drained.get_future().get();
        }
        stop = true;
    }
    CHECK(failed == 0);
    CHECK(answered >= 100);
    for (const auto& host : hosts) CHECK(host->host->Late() == 0);
}

}  // namespace
}  // namespace gyre::serving::test
