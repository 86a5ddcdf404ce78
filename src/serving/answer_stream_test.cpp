#include "serving/answer_stream.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <thread>

namespace gyre::serving {
namespace {

struct Written {
    std::string text;
    bool finished = false;
    bool gone = false;
    int told = 0;  ///< how often it was said that the client gets no more
};

class Writer final : public net::BodyWriter {
  public:
    Writer(core::Guarded<Written>& written, size_t most) : written_(written), left_(most) {}
    ~Writer() override {
        written_.Lock()->gone = true;
        written_.NotifyAll();
    }
    core::Status Write(std::string_view piece) override {
        if (left_-- == 0) return core::Fail(core::Code::kCancelled, "the client has gone");
        written_.Lock()->text += piece;
        return {};
    }
    core::Status Finish() override {
        written_.Lock()->finished = true;
        return {};
    }

  private:
    core::Guarded<Written>& written_;
    size_t left_;
};

Written Run(size_t most, const std::function<void(AnswerStream&)>& act) {
    core::Guarded<Written> written;
    core::WorkerPool pool("test", 4, 100);
    {
        const auto stream = std::make_shared<AnswerStream>(std::make_unique<Writer>(written, most),
                                                           pool, [&] { written.Lock()->told++; });
        act(*stream);
    }
    pool.Stop();
    auto end = written.Lock();
    REQUIRE(end.WaitUntil(std::chrono::steady_clock::now() + std::chrono::seconds(30),
                          [&] { return end->gone; }));
    return *end;
}

TEST_CASE("parts are written in their order, and the answer ends whole") {
    std::string expected;
    const Written written = Run(10'000, [&](AnswerStream& stream) {
        for (int i = 0; i < 1000; ++i) {
            stream.Add(std::to_string(i) + " ");
            expected += std::to_string(i) + " ";
        }
        stream.Finish("end");
    });
    CHECK(written.text == expected + "end");
    CHECK(written.finished);
    CHECK(written.told == 0);
}

TEST_CASE("an answer that breaks off is not ended") {
    const Written written = Run(10'000, [](AnswerStream& stream) {
        stream.Add("begun");
        stream.Break();
    });
    CHECK(written.text == "begun");
    CHECK_FALSE(written.finished);
}

TEST_CASE("a client that goes takes its writer along, and the rest goes nowhere") {
    const Written written = Run(2, [](AnswerStream& stream) {
        for (int i = 0; i < 100; ++i) stream.Add("x");
        stream.Finish("end");
    });
    CHECK(written.text == "xx");
    CHECK_FALSE(written.finished);
    CHECK(written.told == 1);
}

TEST_CASE("a client that lets too much wait is given up, and its answer breaks off") {
    std::promise<void> reads;
    const auto slow = reads.get_future().share();
    struct SlowWriter final : net::BodyWriter {
        explicit SlowWriter(std::shared_future<void> reads) : reads_(std::move(reads)) {}
        core::Status Write(std::string_view) override {
            reads_.wait();
            return {};
        }
        core::Status Finish() override {
            FAIL("an answer with parts left out is not whole");
            return {};
        }
        std::shared_future<void> reads_;
    };
    std::atomic<int> told{0};
    core::WorkerPool pool("test", 1, 100);
    const auto stream =
        std::make_shared<AnswerStream>(std::make_unique<SlowWriter>(slow), pool, [&] { told++; });
    const std::string piece(AnswerStream::kMostWaiting / 4, 'x');
    for (int i = 0; i < 4; ++i) stream->Add(piece);
    CHECK(told == 0);
    for (int i = 0; i < 4; ++i) stream->Add(piece);
    CHECK(told == 1);
    stream->Finish("end");
    reads.set_value();
    pool.Stop();
}

}  // namespace
}  // namespace gyre::serving
