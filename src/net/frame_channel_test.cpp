#include "net/frame_channel.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "core/guarded.h"
#include "core/temp_dir.h"
#include "net/detail/frame_stream.h"
#include "net/detail/reactor.h"
#include "net/detail/socket.h"
#include "net/test_held_loop.h"

using namespace gyre;
using net::Frame;

namespace {

core::SteadyTime Soon() {
    return std::chrono::steady_clock::now() + std::chrono::seconds(60);
}

core::Result<Frame> Ask(net::FrameClient& client, Frame frame) {
    std::promise<core::Result<Frame>> answer;
    auto future = answer.get_future();
    client.Send(std::move(frame),
                [&](core::Result<Frame> got) { answer.set_value(std::move(got)); });
    return future.get();
}

void Echo(Frame request, const net::FrameServer::Reply& reply) {
    reply(Frame{.kind = request.kind + 1,
                .head = std::move(request.head),
                .body = std::move(request.body)});
}

/// A body whose every byte tells where it is.
std::string Pattern(size_t size) {
    std::string body(size, '\0');
    for (size_t i = 0; i < size; ++i) body[i] = static_cast<char>((i * 2654435761U) >> 13);
    return body;
}

struct Fixture {
    core::TempDir dir;
    std::string path = dir.Path() / "host.sock";

    std::unique_ptr<net::FrameServer> Serve(net::FrameServer::Handler handler,
                                            net::FrameServerOptions options = {}) {
        auto server = net::FrameServer::Start(path, std::move(handler), options);
        REQUIRE(server);
        return std::move(*server);
    }
    std::unique_ptr<net::FrameClient> Connect(net::FrameClientOptions options = {}) {
        auto client = net::FrameClient::Connect(path, std::move(options));
        REQUIRE(client);
        return std::move(*client);
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "frames of every size come back whole") {
    const auto server = Serve(Echo);
    const auto client = Connect();
    for (const size_t size :
         {0, 1, 100, 8 * 1024, 8 * 1024 + 1, 65'536 - 24, 65'536, 600'000, 9 << 20}) {
        const std::string body = Pattern(size);
        const auto answer =
            Ask(*client, {.kind = 7, .head = std::string(size % 1000, 'h'), .body = body});
        REQUIRE(answer);
        CHECK(answer->kind == 8);
        CHECK(answer->head.size() == size % 1000);
        CHECK(answer->body == body);
    }
    CHECK(client->Pending() == 0);
}

TEST_CASE_FIXTURE(Fixture, "a large body crosses in shared memory, and comes back in it") {
    const auto server = Serve(Echo);
    const auto client = Connect();
    REQUIRE(Ask(*client, {}));  // by then the memory is agreed on
    const std::string pattern = Pattern(300'000);
    const char* at = nullptr;
    for (int round = 0; round < 300; ++round) {  // more often than it has room for
        const core::BodyMemory memory = client->NewMemory(pattern.size());
        if (round == 0) at = memory.data.get();
        CHECK(memory.data.get() == at);
        pattern.copy(memory.data.get(), pattern.size());
        const auto answer = Ask(*client, {.body = memory.Part(0, pattern.size())});
        REQUIRE(answer);
        CHECK(answer->body.data() == at);
        CHECK(answer->body == pattern);
    }
    const auto part = client->NewMemory(400'000);
    pattern.copy(part.data.get() + 1'000, pattern.size());
    CHECK(Ask(*client, {.body = part.Part(1'000, pattern.size())})->body == pattern);
    CHECK(Ask(*client, {.body = pattern})->body == pattern);
}

TEST_CASE_FIXTURE(Fixture, "where the shared memory is full, bodies go by the socket") {
    const auto server = Serve(Echo);
    const auto client = Connect();
    REQUIRE(Ask(*client, {}));
    const std::string pattern = Pattern(3 << 20);
    std::vector<Frame> kept;
    for (int i = 0; i < 60; ++i) {  // what is kept of them is more than there is room for
        auto answer = Ask(*client, {.body = pattern});
        REQUIRE(answer);
        REQUIRE(answer->body == pattern);
        kept.push_back(std::move(*answer));
    }
    client->Close();
    CHECK(kept.back().body == pattern);
    CHECK(kept.front().body == pattern);
}

TEST_CASE_FIXTURE(Fixture, "a server that tells of a body where none can be is cut") {
    const auto listening = net::detail::Listen("unix:" + path);
    REQUIRE(listening);
    core::Guarded<std::optional<core::Result<Frame>>> answer;  // outlives the client's loop
    const auto client = Connect();
    REQUIRE(net::detail::PollUntil(listening->fd.Get(), POLLIN, Soon()));
    const net::detail::Fd raw(::accept(listening->fd.Get(), nullptr, nullptr));
    std::string header(24, '\0');
    REQUIRE(::recv(raw.Get(), header.data(), 24, MSG_WAITALL) == 24);  // it offers memory
    REQUIRE(::send(raw.Get(), header.data(), 24, 0) == 24);            // which is taken
    client->Send({.kind = 1}, [&](core::Result<Frame> got) {
        *answer.Lock() = std::move(got);
        answer.NotifyAll();
    });
    REQUIRE(::recv(raw.Get(), header.data(), 24, MSG_WAITALL) == 24);
    std::string reply = header + std::string(24, '\x7f');
    reply[3] = 'S';
    reply[20] = 24;
    REQUIRE(::send(raw.Get(), reply.data(), reply.size(), 0) == 48);
    auto got = answer.Lock();
    REQUIRE(got.WaitUntil(Soon(), [&] { return got->has_value(); }));
    CHECK((*got)->error().code == core::Code::kUnavailable);
    CHECK_FALSE(client->Connected());
}

TEST_CASE_FIXTURE(Fixture, "many frames at once, of mixed sizes, from several threads") {
    core::Guarded<int> right;  // outlives what the loop may still be doing with it
    const auto server = Serve(Echo);
    const auto client = Connect();
    constexpr int kThreads = 4;
    constexpr int kFrames = 300;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < kFrames; ++i) {
                const size_t size = i % 37 == 0 ? 150'000 : static_cast<size_t>(i);
                const std::string head = std::to_string(t) + "/" + std::to_string(i);
                client->Send({.head = head, .body = Pattern(size)},
                             [&, head, size](const core::Result<Frame>& got) {
                                 if (got && got->head == head && got->body == Pattern(size)) {
                                     ++*right.Lock();
                                     right.NotifyAll();
                                 }
                             });
            }
        });
    }
    for (auto& thread : threads) thread.join();
    auto count = right.Lock();
    CHECK(count.WaitUntil(Soon(), [&] { return *count == kThreads * kFrames; }));
}

TEST_CASE_FIXTURE(Fixture, "replies come from any thread, in any order, corked or not") {
    core::Guarded<std::vector<std::pair<Frame, net::FrameServer::Reply>>> waiting;
    const auto server = Serve([&](Frame frame, net::FrameServer::Reply reply) {
        waiting.Lock()->emplace_back(std::move(frame), std::move(reply));
        waiting.NotifyAll();
    });
    core::Guarded<std::vector<std::string>> heads;
    const auto client = Connect();
    for (int i = 0; i < 20; ++i) {
        client->Send({.head = std::to_string(i)}, [&](const core::Result<Frame>& got) {
            heads.Lock()->push_back(got ? got->head : got.error().message);
            heads.NotifyAll();
        });
    }
    {
        auto requests = waiting.Lock();
        REQUIRE(requests.WaitUntil(Soon(), [&] { return requests->size() == 20; }));
        const net::FrameCork cork;
        for (auto it = requests->rbegin(); it != requests->rend(); ++it) {
            if (it - requests->rbegin() == 10)
                Echo(std::move(it->first), it->second);
            else
                it->second(Frame{.head = it->first.head, .body = Pattern(20'000)});
        }
        requests->clear();
    }
    auto got = heads.Lock();
    REQUIRE(got.WaitUntil(Soon(), [&] { return got->size() == 20; }));
    for (int i = 0; i < 20; ++i) CHECK((*got)[static_cast<size_t>(i)] == std::to_string(19 - i));
}

TEST_CASE_FIXTURE(Fixture,
                  "a reply in several frames comes in order, and the last one is the end") {
    const auto server = Serve([](Frame request, const net::FrameServer::Reply& reply) {
        for (int i = 0; i < 100; ++i) {
            reply(Frame{.kind = request.kind, .more = true, .body = std::to_string(i)});
        }
        reply(Frame{.kind = request.kind, .body = "end"});
    });
    const auto client = Connect();
    for (int round = 0; round < 3; ++round) {
        std::vector<std::string> got;
        std::promise<void> ended;
        client->Send(Frame{.kind = 7}, [&](const core::Result<Frame>& frame) {
            CHECK(frame->kind == 7);
            got.emplace_back(frame->body);
            if (!frame->more) ended.set_value();
        });
        ended.get_future().wait();
        REQUIRE(got.size() == 101);
        CHECK(got[0] == "0");
        CHECK(got[99] == "99");
        CHECK(got[100] == "end");
        CHECK(client->Pending() == 0);
    }
}

TEST_CASE_FIXTURE(Fixture, "several clients share one loop with the server") {
    net::IoLoop loop;
    const auto server = Serve(Echo, {.loop = &loop});
    const auto first = Connect({.loop = &loop});
    const auto second = Connect({.loop = &loop});
    CHECK(Ask(*first, {.body = "1"})->body == "1");
    CHECK(Ask(*second, {.body = "2"})->body == "2");
    CHECK(server->Clients() == 2);
}

TEST_CASE_FIXTURE(Fixture, "a lost server fails what is pending at once") {
    core::Guarded<std::vector<net::FrameServer::Reply>> kept;
    auto server = Serve([&](Frame, net::FrameServer::Reply reply) {
        kept.Lock()->push_back(std::move(reply));
        kept.NotifyAll();
    });
    std::promise<void> disconnected;
    const auto client = Connect({.on_disconnect = [&] { disconnected.set_value(); }});
    std::promise<core::Error> failure;
    client->Send({.body = "x"}, [&](const core::Result<Frame>& got) {
        failure.set_value(got ? core::Error() : got.error());
    });
    {
        auto replies = kept.Lock();
        REQUIRE(replies.WaitUntil(Soon(), [&] { return replies->size() == 1; }));
    }
    server->Stop();
    CHECK(failure.get_future().get().code == core::Code::kUnavailable);
    disconnected.get_future().get();
    CHECK_FALSE(client->Connected());
    CHECK(Ask(*client, {.body = "y"}).error().code == core::Code::kUnavailable);
    kept.Lock()->front()({.body = "late"});  // goes nowhere, harms nothing
}

TEST_CASE_FIXTURE(Fixture, "closing fails what is pending and does not report a disconnect") {
    core::Guarded<std::vector<net::FrameServer::Reply>> kept;
    const auto server = Serve(
        [&](Frame, net::FrameServer::Reply reply) { kept.Lock()->push_back(std::move(reply)); });
    bool disconnected = false;
    int failed = 0;
    {
        const auto client = Connect({.on_disconnect = [&] { disconnected = true; }});
        for (int i = 0; i < 3; ++i) {
            client->Send({}, [&](const core::Result<Frame>& got) { failed += got ? 0 : 1; });
        }
        client->Close();
        CHECK(failed == 3);
    }
    CHECK_FALSE(disconnected);
}

TEST_CASE_FIXTURE(Fixture, "a dropped request and a throwing handler are answered") {
    const auto server = Serve([](const Frame& frame, const net::FrameServer::Reply&) {
        if (frame.kind == 1) throw std::runtime_error("handler");
    });
    const auto client = Connect();
    CHECK(Ask(*client, {.kind = 0}).error().code == core::Code::kInternal);
    CHECK(Ask(*client, {.kind = 1}).error().code == core::Code::kInternal);
}

TEST_CASE_FIXTURE(Fixture, "limits are kept on both sides") {
    const auto server = Serve(Echo, {.limits = {.max_head_bytes = 10, .max_body_bytes = 100}});
    const auto careful = Connect({.limits = {.max_head_bytes = 10, .max_body_bytes = 100}});
    CHECK(Ask(*careful, {.body = std::string(101, 'x')}).error().code ==
          core::Code::kInvalidArgument);
    CHECK(Ask(*careful, {.head = "12345678901"}).error().code == core::Code::kInvalidArgument);
    CHECK(Ask(*careful, {.body = std::string(100, 'x')}));
    const auto careless = Connect();
    CHECK(Ask(*careless, {.body = std::string(101, 'x')}).error().code == core::Code::kUnavailable);
    CHECK(careful->Connected());
}

TEST_CASE_FIXTURE(Fixture, "garbage cuts its sender and nobody else") {
    const auto server = Serve(Echo);
    const auto client = Connect();
    const auto raw = net::detail::Connect("unix:" + path, Soon());
    REQUIRE(raw);
    const std::string garbage = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    REQUIRE(::send(raw->Get(), garbage.data(), garbage.size(), 0) > 0);
    REQUIRE(net::detail::PollUntil(raw->Get(), 1, Soon()));
    char byte = 0;
    CHECK(::recv(raw->Get(), &byte, 1, 0) <= 0);
    CHECK(Ask(*client, {.body = "fine"})->body == "fine");
}

TEST_CASE_FIXTURE(Fixture, "an end that comes with the last bytes, in one event, is noticed") {
    net::IoLoop loop;
    const auto server = Serve(Echo, {.loop = &loop});
    const auto raw = net::detail::Connect("unix:" + path, Soon());
    REQUIRE(raw);
    // Accepted within two turns.
    net::HeldLoop(loop).Release();
    net::HeldLoop(loop).Release();
    net::HeldLoop held(loop);
    REQUIRE(::send(raw->Get(), "GY", 2, 0) == 2);  // the beginning of a header
    ::shutdown(raw->Get(), SHUT_WR);
    held.Release();
    REQUIRE(net::detail::PollUntil(raw->Get(), POLLIN, Soon()));
    char byte = 0;
    CHECK(::recv(raw->Get(), &byte, 1, 0) == 0);
}

TEST_CASE_FIXTURE(Fixture, "a path is taken, left behind or not there") {
    CHECK(net::FrameClient::Connect(path).error().code == core::Code::kUnavailable);
    const auto server = Serve(Echo);
    CHECK(net::FrameServer::Start(path, Echo).error().code == core::Code::kAlreadyExists);
    const std::string stale = dir.Path() / "stale.sock";
    {
        const auto left_behind = net::detail::Listen("unix:" + stale);
    }
    CHECK(net::FrameServer::Start(stale, Echo));
}

TEST_CASE("over TCP only who shows the secret is heard") {
    net::FrameServerOptions options;
    options.secret = "the secret";
    const auto started = net::FrameServer::Start("tcp:127.0.0.1:0", Echo, options);
    REQUIRE(started);
    const std::string path = "tcp:" + (*started)->Address();
    const auto connect = [&](const std::string& secret) {
        net::FrameClientOptions asking;
        asking.secret = secret;
        auto client = net::FrameClient::Connect(path, std::move(asking));
        REQUIRE(client);
        return std::move(*client);
    };
    const auto friendly = connect("the secret");
    const std::string body = Pattern(5 << 20);
    const auto answer = Ask(*friendly, {.kind = 1, .head = "h", .body = body});
    REQUIRE(answer);
    CHECK(answer->body == body);
    CHECK((*started)->Clients() == 1);
    for (const char* wrong : {"", "the secre", "the secret!", "another"}) {
        const auto stranger = connect(wrong);
        CHECK(Ask(*stranger, {.kind = 1}).error().code == core::Code::kUnavailable);
    }
    CHECK(Ask(*friendly, {.kind = 1}));
    (*started)->Stop();
}

TEST_CASE("timers run in order, and not when cancelled") {
    core::Guarded<std::string> ran;
    net::IoLoop loop;
    const auto append = [&](char letter) {
        return [&ran, letter] {
            ran.Lock()->push_back(letter);
            ran.NotifyAll();
        };
    };
    // Until they were told faster than the first of them comes.
    for (bool in_time = false; !in_time;) {
        const auto began = std::chrono::steady_clock::now();
        loop.RunAfter(core::milliseconds(60), append('b'));
        const auto cancelled = loop.RunAfter(core::milliseconds(40), append('x'));
        loop.RunAfter(core::milliseconds(20), append('a'));
        loop.Cancel(cancelled);
        loop.RunAfter(core::milliseconds(100), append('c'));
        in_time = std::chrono::steady_clock::now() - began < core::milliseconds(20);
        auto text = ran.Lock();
        REQUIRE(text.WaitUntil(Soon(), [&] { return text->find('c') != text->npos; }));
        if (in_time) {
            CHECK(*text == "abc");
        } else {
            REQUIRE(text.WaitUntil(Soon(), [&] { return text->size() >= 3; }));
            text->clear();
        }
    }
    CHECK_FALSE(loop.OnLoopThread());
}

TEST_CASE("A stream that could not send something ends, though its connection is there") {
    int ends[2] = {};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    const net::detail::Fd other(ends[1]);
    const auto reactor = std::make_shared<net::detail::Reactor>("test");
    const auto stream = std::make_shared<net::detail::FrameStream>(
        reactor, net::detail::Fd(ends[0]), net::FrameLimits());
    std::promise<void> closed;
    reactor->RunSync([&] { stream->Start([](const Frame&) {}, [&] { closed.set_value(); }); });
    ::shutdown(ends[0], SHUT_WR);  // what it sends fails, and nothing comes
    stream->Send({.kind = 1});
    CHECK(closed.get_future().wait_until(Soon()) == std::future_status::ready);
    reactor->Stop();
}
