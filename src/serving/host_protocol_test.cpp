#include "serving/host_protocol.h"

#include <doctest/doctest.h>
#include <boost/json.hpp>

namespace gyre::serving {
namespace {

InvokeHead FullInvoke() {
    InvokeHead head;
    head.request_id = "7f1c";
    head.content_type = "application/x-npy";
    head.accept = "application/json";
    head.waited_us = 123'456'789'012;
    head.deadline_us = 60'000'000;
    head.trace = true;
    head.headers = {{"x-amzn-sagemaker-inference-id", "a"}, {"x-amzn-sagemaker-inference-id", ""}};
    return head;
}

ReplyHead FullReply() {
    ReplyHead head;
    head.status = 424;
    head.content_type = "text/plain";
    head.headers = {{"x-a", std::string("\0\xff", 2)}};
    head.error = core::Error(core::Code::kUnavailable, "Busy", "come later");
    head.error->http_status = 503;
    head.error->details = {{"Retry-After", "2"}, {"PredictedWaitMs", "1800"}};
    head.trace = Trace{7, 9, 32, LeaveReason::kShape};
    return head;
}

TEST_CASE("a request head reads back as it was written") {
    const auto head = DecodeInvokeHead(EncodeInvokeHead(FullInvoke()));
    REQUIRE(head);
    CHECK(head->request_id == "7f1c");
    CHECK(head->content_type == "application/x-npy");
    CHECK(head->accept == "application/json");
    CHECK(head->waited_us == 123'456'789'012);
    CHECK(head->deadline_us == 60'000'000);
    CHECK(head->trace);
    CHECK(head->headers == FullInvoke().headers);

    const auto empty = DecodeInvokeHead(EncodeInvokeHead({}));
    REQUIRE(empty);
    CHECK_FALSE(empty->trace);
    CHECK(empty->headers.empty());
}

TEST_CASE("a reply head reads back with its error and trace, and without") {
    const auto head = DecodeReplyHead(EncodeReplyHead(FullReply()));
    REQUIRE(head);
    CHECK(head->status == 424);
    CHECK(head->content_type == "text/plain");
    CHECK(head->headers == FullReply().headers);
    REQUIRE(head->error);
    CHECK(head->error->code == core::Code::kUnavailable);
    CHECK(head->error->wire_name == "Busy");
    CHECK(head->error->message == "come later");
    CHECK(head->error->http_status == 503);
    CHECK(head->error->details == FullReply().error->details);
    REQUIRE(head->trace);
    CHECK(head->trace->queue_us == 7);
    CHECK(head->trace->compute_us == 9);
    CHECK(head->trace->batch_size == 32);
    CHECK(head->trace->reason == LeaveReason::kShape);

    const auto plain = DecodeReplyHead(EncodeReplyHead({}));
    REQUIRE(plain);
    CHECK(plain->status == 200);
    CHECK_FALSE(plain->error);
    CHECK_FALSE(plain->trace);
}

TEST_CASE("a stream's head reads back with its flags") {
    CHECK_FALSE(DecodeInvokeHead(EncodeInvokeHead({}))->streamed);
    InvokeHead invoke;
    invoke.streamed = true;
    CHECK(DecodeInvokeHead(EncodeInvokeHead(invoke))->streamed);
    for (const auto& [last, abandoned] : {std::pair{false, false}, {true, false}, {false, true}}) {
        const auto head = DecodeStreamHead(
            EncodeStreamHead({.request_id = "7f1c", .last = last, .abandoned = abandoned}));
        REQUIRE(head);
        CHECK(head->request_id == "7f1c");
        CHECK(head->last == last);
        CHECK(head->abandoned == abandoned);
    }
}

TEST_CASE("every cut, an extension and another version are refused") {
    const std::string invoke = EncodeInvokeHead(FullInvoke());
    const std::string reply = EncodeReplyHead(FullReply());
    for (size_t size = 0; size < invoke.size(); size++) {
        CHECK_FALSE(DecodeInvokeHead(invoke.substr(0, size)));
    }
    for (size_t size = 0; size < reply.size(); size++) {
        CHECK_FALSE(DecodeReplyHead(reply.substr(0, size)));
    }
    const std::string stream = EncodeStreamHead({.request_id = "7f1c"});
    for (size_t size = 0; size < stream.size(); size++) {
        CHECK_FALSE(DecodeStreamHead(stream.substr(0, size)));
    }
    CHECK_FALSE(DecodeStreamHead(stream + "x"));
    CHECK_FALSE(DecodeStreamHead("\x02" + stream.substr(1)));
    CHECK_FALSE(DecodeInvokeHead(invoke + "x"));
    CHECK_FALSE(DecodeReplyHead(reply + "x"));
    CHECK_FALSE(DecodeInvokeHead("\x02" + invoke.substr(1)));
    CHECK(DecodeReplyHead("\x02" + reply.substr(1)).error().code == core::Code::kInvalidArgument);
}

TEST_CASE("a count that the bytes cannot hold reserves nothing") {
    std::string head = EncodeInvokeHead({});
    head.replace(head.size() - 4, 4, "\xff\xff\xff\xff");
    CHECK_FALSE(DecodeInvokeHead(head));
}

TEST_CASE("an unknown error code or reason is read as the most cautious one") {
    ReplyHead reply;
    reply.error = core::Error(static_cast<core::Code>(99), "from a newer host");
    reply.trace = Trace{0, 0, 1, static_cast<LeaveReason>(99)};
    const auto head = DecodeReplyHead(EncodeReplyHead(reply));
    REQUIRE(head);
    CHECK(head->error->code == core::Code::kInternal);
    CHECK(head->trace->reason == LeaveReason::kIdle);
}

TEST_CASE("a status survives JSON in every state") {
    for (const auto state :
         {HostStatus::State::kLoading, HostStatus::State::kReady, HostStatus::State::kFailed}) {
        HostStatus status;
        status.state = state;
        status.reason = "why";
        status.model = core::JsonObject{{"platform", "echo"}};
        status.outstanding = 3;
        const auto read = HostStatus::FromJson(*core::ParseJson(core::JsonText(status.ToJson())));
        REQUIRE(read);
        CHECK(read->state == state);
        CHECK(read->reason == "why");
        CHECK(read->model == status.model);
        CHECK(read->outstanding == 3);
    }
    CHECK_FALSE(HostStatus::FromJson(core::JsonObject{{"state", "asleep"}}));
    CHECK_FALSE(HostStatus::FromJson(core::Json("ready")));
}

TEST_CASE("a spec survives JSON") {
    HostSpec spec;
    spec.endpoint = "e";
    spec.variant = "v";
    spec.instance = "i";
    spec.model_directory = "/m";
    spec.cache_directory = "/c";
    spec.python = "/p";
    spec.environment = {{"A", "1"}, {"B", ""}};
    spec.threads = 2;
    spec.container_command = {"program", "--flag"};
    spec.container_directory = "/d";
    const auto read = HostSpec::FromJson(*core::ParseJson(core::JsonText(spec.ToJson())));
    REQUIRE(read);
    CHECK(read->endpoint == "e");
    CHECK(read->variant == "v");
    CHECK(read->instance == "i");
    CHECK(read->model_directory == "/m");
    CHECK(read->cache_directory == "/c");
    CHECK(read->python == "/p");
    CHECK(read->environment == spec.environment);
    CHECK(read->threads == 2);
    CHECK(read->container_command == spec.container_command);
    CHECK(read->container_directory == "/d");
}

TEST_CASE("a wrong spec is refused with the member's name") {
    const std::pair<const char*, const char*> cases[] = {
        {R"([])", "object"},
        {R"({})", "model_directory"},
        {R"({"model_directory":1})", "model_directory"},
        {R"({"model_directory":"/m","environment":[]})", "environment"},
        {R"({"model_directory":"/m","environment":{"A":1}})", "environment"},
        {R"({"model_directory":"/m","threads":-1})", "threads"},
        {R"({"container_command":"serve"})", "container_command"},
        {R"({"container_command":[1]})", "container_command"},
    };
    for (const auto& [text, named] : cases) {
        CAPTURE(text);
        const auto spec = HostSpec::FromJson(*core::ParseJson(text));
        REQUIRE_FALSE(spec);
        CHECK(spec.error().message.find(named) != std::string::npos);
    }
}

}  // namespace
}  // namespace gyre::serving
