#include "host/container_model.h"

#include <doctest/doctest.h>

#include <thread>

#include "core/file_system.h"
#include "core/guarded.h"
#include "core/temp_dir.h"

namespace gyre::host {
namespace {

using core::Code;

/// A stand-in for a container's server: does what the request's body says.
constexpr std::string_view kProgram = R"(
import http.server, json, os, socket, sys, time
assert sys.argv[1:] == ["serve"], sys.argv
assert os.environ["PORT"] == os.environ["SAGEMAKER_BIND_TO_PORT"]
if os.environ.get("BEHAVE") == "exit":
    print("no weights here", file=sys.stderr)
    sys.exit(3)
pings = 0
stuck = False
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *args): pass
    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items(): self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        global pings
        pings += 1
        if stuck: time.sleep(3600)
        healthy = pings > 1 and os.environ.get("BEHAVE") != "sick"
        self.answer(200 if self.path == "/ping" and healthy else 500, b"")
    def echo_chunks(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while size := int(self.rfile.readline(), 16):
            piece = self.rfile.read(size)
            self.rfile.readline()
            if piece == b"die":
                print("last words", flush=True)
                os._exit(7)
            self.wfile.write(b"%x\r\n%s\r\n" % (size, piece.upper()))
        self.wfile.write(b"0\r\n\r\n")
    def do_DELETE(self):
        print(self.command, self.path, flush=True)
        self.answer(200, b"{}")
    def do_POST(self):
        if self.path == "/models":  # of a multi-model container
            order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = int(os.environ["LOADS"])
            if status == 200: print("loads", order["model_name"], order["url"], flush=True)
            return self.answer(status, b"no room")
        if self.headers["Transfer-Encoding"] == "chunked":
            if self.headers["X-Amzn-SageMaker-Custom-Attributes"] == "c=bad":
                self.close_connection = True
                return self.answer(418, b"a teapot", Content_Type="text/plain")
            return self.echo_chunks()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if body == b"die":
            print("last words", flush=True)
            os._exit(7)
        if body == b"die late":
            print("last words", flush=True)
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
            self.connection.shutdown(socket.SHUT_RDWR)
            time.sleep(0.3)
            os._exit(7)
        if body == b"get stuck":
            global stuck
            stuck = True
        if body == b"bad":
            return self.answer(418, b"a teapot", Content_Type="text/plain")
        text = "|".join([self.path, self.headers["Content-Type"], self.headers["Accept"],
                         self.headers["X-Amzn-SageMaker-Custom-Attributes"] or "",
                         *filter(None, [self.headers["X-Amzn-SageMaker-Target-Model"]]),
                         os.environ["SM_MODEL_DIR"], os.getcwd(), body.decode()])
        self.answer(200, text.encode(), Content_Type="application/json", X_Own="1")
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
)";

struct Container {
    explicit Container(std::map<std::string, std::string> environment = {},
                       core::milliseconds ping_pause = core::milliseconds(5'000),
                       core::milliseconds ping_timeout = core::milliseconds(2'000)) {
        REQUIRE(core::WriteFileAtomically(core::RealFileSystem(), folder.Path() / "program.py",
                                          kProgram));
        serving::HostSpec spec;
        spec.container_command = {GYRE_PYTHON, folder.Path() / "program.py"};
        spec.container_directory = folder.Path();
        spec.model_directory = "/opt/ml/model";
        spec.environment = std::move(environment);
        const ContainerTimes times{.start_up = core::milliseconds(60'000),
                                   .ping_every = core::milliseconds(10),
                                   .first_pause = core::milliseconds(1),
                                   .grace = core::milliseconds(2'000),
                                   .ping_pause = ping_pause,
                                   .ping_timeout = ping_timeout};
        started = StartContainer(
            spec, 4, [this](std::string_view line) { lines.Lock()->emplace_back(line); }, times);
    }
    core::Result<engine::Reply> Ask(const std::string& body,
                                    std::shared_ptr<engine::Stream> stream = nullptr,
                                    const std::string& attributes = "c=1") {
        engine::Request request;
        request.body = body;
        request.stream = std::move(stream);
        request.content_type = "text/csv";
        request.accept = "application/json";
        request.headers["x-amzn-sagemaker-custom-attributes"] = attributes;
        std::vector<std::unique_ptr<engine::Prepared>> batch;
        batch.push_back(std::move(*(*started)->Prepare(std::move(request))));
        auto replies = (*started)->Run(batch, core::SystemClock().Now() + core::seconds(20));
        REQUIRE(replies.size() == 1);
        return std::move(replies[0]);
    }

    core::TempDir folder;
    core::Guarded<std::vector<std::string>> lines;
    core::Result<std::unique_ptr<engine::Model>> started;
};

TEST_CASE("a program is asked with the request's headers and its answer relayed") {
    Container bench;
    REQUIRE_MESSAGE(bench.started, bench.started.error().message);
    const auto reply = bench.Ask("1,2");
    REQUIRE_MESSAGE(reply, reply.error().message);
    CHECK(reply->status == 200);
    CHECK(reply->content_type == "application/json");
    CHECK(reply->body == "/invocations|text/csv|application/json|c=1|/opt/ml/model|" +
                             bench.folder.Path().string() + "|1,2");
    CHECK(reply->headers == std::map<std::string, std::string>{{"x-own", "1"}});

    const auto refused = bench.Ask("bad");
    REQUIRE(refused);
    CHECK(refused->status == 418);
    CHECK(refused->body == "a teapot");
}

/// A body of some pieces, and what was given meanwhile.
class FakeStream final : public engine::Stream {
  public:
    explicit FakeStream(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
    core::Result<core::Body> NextPiece() override {
        return at_ < pieces_.size() ? core::Body(pieces_[at_++]) : core::Body();
    }
    core::Status Give(engine::Reply part) override {
        CHECK(part.status == 200);
        CHECK(part.content_type == "text/plain");
        given += part.body.View();
        return {};
    }
    const core::CancelToken& Cancelled() const override { return cancelled_; }
    core::milliseconds Patience() const override { return core::milliseconds(20'000); }

    std::string given;

  private:
    const std::vector<std::string> pieces_;
    size_t at_ = 0;
    core::CancelToken cancelled_;
};

TEST_CASE("a stream goes to the program in chunks, and its answer is given on") {
    Container bench;
    REQUIRE_MESSAGE(bench.started, bench.started.error().message);
    CHECK((*bench.started)->Info().streams);
    auto stream = std::make_shared<FakeStream>(
        std::vector<std::string>{"one ", std::string(1 << 20, 'b'), " three"});
    const auto reply = bench.Ask("", stream);
    REQUIRE_MESSAGE(reply, reply.error().message);
    CHECK(reply->status == 200);
    CHECK(reply->body.empty());
    CHECK(stream->given == "ONE " + std::string(1 << 20, 'B') + " THREE");

    stream =
        std::make_shared<FakeStream>(std::vector<std::string>(1000, std::string(1 << 20, 'b')));
    const auto refused = bench.Ask("", stream, "c=bad");
    REQUIRE_MESSAGE(refused, refused.error().message);
    CHECK(refused->status == 418);
    CHECK(refused->body == "a teapot");
    CHECK(stream->given.empty());

    const auto died =
        bench.Ask("", std::make_shared<FakeStream>(std::vector<std::string>{"x", "die", "y"}));
    REQUIRE_FALSE(died);
    CHECK(died.error().message.find("last words") != std::string::npos);
}

TEST_CASE("a multi-model endpoint's program loads its model by name and is asked for it") {
    const auto behave = [](const char* loads) {
        return std::map<std::string, std::string>{{"GYRE_TARGET_MODEL", "cats/tabby.tar.gz"},
                                                  {"LOADS", loads}};
    };
    {
        Container bench(behave("200"));
        REQUIRE_MESSAGE(bench.started, bench.started.error().message);
        const auto reply = bench.Ask("1,2");
        REQUIRE_MESSAGE(reply, reply.error().message);
        const std::string body(reply->body.View());
        CHECK(body.starts_with("/models/"));
        CHECK(body.find("/invoke|text/csv|application/json|c=1|cats/tabby.tar.gz|") ==
              std::string("/models/").size() + 32);
        bench.started->reset();
        const std::vector<std::string> said = *bench.lines.Lock();
        REQUIRE(said.size() >= 2);
        CHECK(said[0] == "loads " + body.substr(8, 32) + " /opt/ml/model");
        CHECK(said[1] == "DELETE /models/" + body.substr(8, 32));
    }
    Container plain(behave("404"));
    REQUIRE_MESSAGE(plain.started, plain.started.error().message);
    CHECK(plain.Ask("1,2")->body.View().starts_with("/invocations|"));
    const Container full(behave("507"));
    REQUIRE_FALSE(full.started);
    CHECK(full.started.error().message.find("507") != std::string::npos);
    CHECK(full.started.error().message.find("no room") != std::string::npos);
}

TEST_CASE("a program that dies is answered for with its last words and started again") {
    Container bench;
    REQUIRE_MESSAGE(bench.started, bench.started.error().message);
    const auto died = bench.Ask("die");
    REQUIRE_FALSE(died);
    CHECK(died.error().code == Code::kInternal);
    CHECK(died.error().message.find("exit code 7") != std::string::npos);
    CHECK(died.error().message.find("last words") != std::string::npos);
    // Until it is up again; its end is told once more where the supervisor has not seen it yet.
    auto reply = bench.Ask("again");
    while (!reply && (reply.error().code == Code::kUnavailable ||
                      reply.error().message.find("exit code 7") != std::string::npos)) {
        std::this_thread::yield();
        reply = bench.Ask("again");
    }
    REQUIRE_MESSAGE(reply, reply.error().message);
    CHECK(reply->body.View().ends_with("again"));
    CHECK((*bench.started)->WorkerRestarts() == 1);
    CHECK(bench.lines.Lock()->front() == "last words");
}

TEST_CASE("a program that answers no more pings is started again") {
    Container bench({}, core::milliseconds(1), core::milliseconds(200));
    REQUIRE_MESSAGE(bench.started, bench.started.error().message);
    const auto last = bench.Ask("get stuck");
    REQUIRE_MESSAGE(last, last.error().message);
    while ((*bench.started)->WorkerRestarts() == 0) std::this_thread::yield();
    auto reply = bench.Ask("again");
    while (!reply) {
        CHECK(reply.error().code == Code::kUnavailable);
        std::this_thread::yield();
        reply = bench.Ask("again");
    }
    CHECK(reply->body.View().ends_with("again"));
}

TEST_CASE("a program's end is told where its connection ended long before it") {
    Container bench;
    REQUIRE_MESSAGE(bench.started, bench.started.error().message);
    const auto died = bench.Ask("die late");
    REQUIRE_FALSE(died);
    CHECK(died.error().code == Code::kInternal);
    CHECK(died.error().message.find("last words") != std::string::npos);
}

TEST_CASE("a program that ends or never gets well fails the load with what it said") {
    Container ended(std::map<std::string, std::string>{{"BEHAVE", "exit"}});
    REQUIRE_FALSE(ended.started);
    CHECK(ended.started.error().message.find("exit code 3") != std::string::npos);
    CHECK(ended.started.error().message.find("no weights here") != std::string::npos);

    core::TempDir folder;
    serving::HostSpec spec;
    spec.container_command = {folder.Path() / "no such program"};
    const auto absent = StartContainer(spec, 1, {});
    REQUIRE_FALSE(absent);
    CHECK(absent.error().message.find("no such program") != std::string::npos);
}

TEST_CASE("a program that never gets well is given up") {
    core::TempDir folder;
    REQUIRE(
        core::WriteFileAtomically(core::RealFileSystem(), folder.Path() / "program.py", kProgram));
    serving::HostSpec spec;
    spec.container_command = {GYRE_PYTHON, folder.Path() / "program.py"};
    spec.environment = {{"BEHAVE", "sick"}, {"SM_MODEL_DIR", ""}};
    const auto sick = StartContainer(spec, 1, {}, {.start_up = core::milliseconds(500)});
    REQUIRE_FALSE(sick);
    CHECK(sick.error().message.find("/ping") != std::string::npos);
}

}  // namespace
}  // namespace gyre::host
