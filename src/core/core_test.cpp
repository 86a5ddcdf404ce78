#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <thread>

#include "core/arn.h"
#include "core/bounded_queue.h"
#include "core/clock.h"
#include "core/digest.h"
#include "core/metrics.h"
#include "core/utf8.h"
#include "core/worker_pool.h"

using namespace gyre::core;

TEST_CASE("an ARN reads back as it was written") {
    const auto arn = Arn::Parse("arn:aws:sagemaker:us-east-1:000000000000:endpoint/a:b");
    REQUIRE(arn);
    CHECK(arn->service == "sagemaker");
    CHECK(arn->resource == "endpoint/a:b");
    CHECK(arn->ToString() == "arn:aws:sagemaker:us-east-1:000000000000:endpoint/a:b");
    CHECK_FALSE(Arn::Parse("arn:aws:s3"));
    CHECK_FALSE(Arn::Parse("urn:aws:s3:::bucket"));
}

TEST_CASE("times are written as AWS writes them") {
    const WallTime time{std::chrono::milliseconds(1'700'000'000'123)};
    CHECK(Iso8601(time) == "2023-11-14T22:13:20.123Z");
    CHECK(Iso8601Basic(time) == "20231114T221320Z");
    CHECK(ParseIso8601(Iso8601(time)) == time);
    CHECK(ParseIso8601("2023-11-14T22:13:20Z") == time - milliseconds(123));
    CHECK(ParseHttpDate(HttpDate(time)) == time - milliseconds(123));
    for (const char* bad :
         {"", "2023-11-14", "2023-13-14T22:13:20Z", "2023-02-30T22:13:20Z", "2023-11-14T24:13:20Z",
          "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20"}) {
        CAPTURE(bad);
        CHECK_FALSE(ParseIso8601(bad));
        CHECK_FALSE(ParseHttpDate(bad));
    }
    CHECK(HttpDate(time) == "Tue, 14 Nov 2023 22:13:20 GMT");
    CHECK(EpochSeconds(time) == 1'700'000'000.123);
}

TEST_CASE("digests and encodings match published vectors") {
    CHECK(HexEncode(Sha256("abc")) ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(HexEncode(HmacSha256("Jefe", "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    Digest md5(DigestKind::kMd5);
    md5.Update("message ");
    md5.Update("digest");
    CHECK(HexEncode(md5.Finish()) == "f96b697d7cb7938d525a2f31aaf161d0");
    for (const auto* text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
        CHECK(Base64Decode(Base64Encode(text)) == text);
    }
    CHECK(Base64Encode("fooba") == "Zm9vYmE=");
    CHECK_FALSE(Base64Decode("Zm9vYmE"));
    CHECK_FALSE(Base64Decode("Zm9vYm\n="));
    CHECK(HexDecode("00fF") == std::string("\x00\xff", 2));
    CHECK_FALSE(HexDecode("0g"));
}

TEST_CASE("a bounded queue refuses when full and drains after close") {
    BoundedQueue<int> queue(2);
    CHECK(queue.TryPush(1));
    CHECK(queue.TryPush(2));
    CHECK_FALSE(queue.TryPush(3));
    queue.Close();
    CHECK(queue.Pop() == 1);
    CHECK(queue.Pop() == 2);
    CHECK_FALSE(queue.Pop());
}

TEST_CASE("a pool runs what it took before Stop returns") {
    std::atomic<int> done = 0;
    WorkerPool pool("test", 2, 100);
    for (int i = 0; i < 50; ++i) CHECK(pool.TrySubmit([&] { ++done; }));
    pool.Stop();
    CHECK(done == 50);
    CHECK_FALSE(pool.TrySubmit([] {}));
}

TEST_CASE("a pool with all threads at work queues so many, refuses more, and drops none") {
    constexpr int kThreads = 4;
    WorkerPool pool("test", kThreads, 1);
    std::promise<void> go;
    const std::shared_future<void> wait = go.get_future().share();
    std::atomic<int> running = 0;
    std::atomic<int> done = 0;
    const auto work = [&, wait] {
        ++running;
        wait.wait();
        ++done;
    };
    for (int taken = 0; taken < kThreads;) taken += pool.TrySubmit(work) ? 1 : 0;
    while (running < kThreads) std::this_thread::yield();
    CHECK(pool.TrySubmit(work));
    CHECK(pool.QueueSize() == 1);
    CHECK_FALSE(pool.TrySubmit(work));
    go.set_value();
    pool.Stop();
    CHECK(done == kThreads + 1);
    CHECK_FALSE(pool.TrySubmit(work));
}

TEST_CASE("others work in the place of those in a pause, and no more than that") {
    constexpr int kThreads = 2;
    constexpr int kPaused = 5;  // with all spares
    WorkerPool pool("test", kThreads, 100, kPaused - kThreads);
    std::promise<void> go;
    const std::shared_future<void> wait = go.get_future().share();
    std::atomic<int> paused = 0;
    std::atomic<int> over = 0;
    for (int i = 0; i < kPaused; ++i) {
        CHECK(pool.TrySubmit([&, wait] {
            {
                const WorkerPool::Pause pause;
                ++paused;
                wait.wait();
            }
            ++over;
        }));
    }
    while (paused < kPaused) std::this_thread::yield();
    go.set_value();
    while (over < kPaused) std::this_thread::yield();

    constexpr int kTasks = 100;
    std::atomic<int> at_work = 0;
    std::atomic<int> most = 0;
    std::atomic<int> done = 0;
    for (int i = 0; i < kTasks; ++i) {
        CHECK(pool.TrySubmit([&] {
            const int now = ++at_work;
            int before = most;
            while (before < now && !most.compare_exchange_weak(before, now)) {
            }
            std::this_thread::sleep_for(milliseconds(1));
            --at_work;
            ++done;
        }));
    }
    while (done < kTasks) std::this_thread::yield();
    CHECK(most <= kThreads);
}

TEST_CASE("a pause without a spare keeps its thread, and nothing on a thread of no pool") {
    const WorkerPool::Pause nothing;
    std::atomic<int> done = 0;
    WorkerPool pool("test", 1, 100);
    for (int i = 0; i < 10; ++i) {
        CHECK(pool.TrySubmit([&] {
            const WorkerPool::Pause pause;
            ++done;
        }));
    }
    pool.Stop();
    CHECK(done == 10);
}

TEST_CASE("what is written as UTF-8 is read as UTF-8, but for surrogates") {
    for (const char32_t code : {U'\0', U'\x7f', U'\x80', U'\x7ff', U'\x800', U'\xd7ff', U'\xe000',
                                U'\xffff', U'\x10000', U'\x10ffff'}) {
        std::string text;
        AppendUtf8(text, code);
        CHECK(Utf8Length(text + "x") == text.size());
        CHECK(IsUtf8(text));
        CHECK_FALSE(IsUtf8(text + "\xe2\x82"));
    }
    std::string surrogate;
    AppendUtf8(surrogate, 0xd800);
    CHECK(surrogate == "\xed\xa0\x80");
    CHECK(Utf8Length(surrogate) == 0);
}

TEST_CASE("what is not UTF-8 is taken for Latin-1") {
    CHECK(ToUtf8("plain \u20ac") == "plain \u20ac");
    CHECK(ToUtf8("\xe9t\xe9 \u20ac\xff") == "\u00e9t\u00e9 \u20ac\u00ff");
    CHECK(ToUtf8("\xe2\x82") == "\u00e2\u0082");
    CHECK(ToUtf8("").empty());
}

TEST_CASE("a long text is cut between characters") {
    CHECK(Shortened("abcdef", 6) == "abcdef");
    CHECK(Shortened("abcdefg", 6) == "abc...");
    CHECK(Shortened("ab\u20accde", 7) == "ab...");  // three bytes, of which two would fit
    CHECK(ShortenedInside("abcdefghi", 9) == "abcdefghi");
    CHECK(ShortenedInside("abcdefghij", 9) == "abc...hij");
    CHECK(ShortenedInside("abc\u20acde\u20acj", 9) == "abc...j");
}

TEST_CASE("metrics appear in Prometheus text") {
    MetricsRegistry registry;
    registry.GetCounter("gyre_things_total", "Things.", {{"kind", "a"}}).Add(2);
    registry.GetCounter("gyre_things_total", "Things.", {{"kind", "a"}}).Add();
    CHECK(registry.PrometheusText().find("gyre_things_total{kind=\"a\"} 3") != std::string::npos);
}
