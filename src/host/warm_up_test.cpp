#include "host/warm_up.h"

#include <doctest/doctest.h>

#include "host/fake_model.h"

namespace gyre::host {
namespace {

/// A FakeModel that says what it takes, and whose batches take as long as a table says.
class TimedModel final : public engine::Model {
  public:
    TimedModel(engine::Shape shape, core::FakeClock& clock, int fixed_ms, int row_ms)
        : clock_(clock), fixed_ms_(fixed_ms), row_ms_(row_ms) {
        info_.batches = true;
        info_.inputs = {{"x", engine::DataType::kFloat32, std::move(shape)}};
    }
    const engine::ModelInfo& Info() const override { return info_; }
    int Concurrency() const override { return 1; }
    core::Result<std::unique_ptr<engine::Prepared>> Prepare(engine::Request request) override {
        bodies.emplace_back(request.body);
        return fake_.Prepare(std::move(request));
    }
    std::vector<core::Result<engine::Reply>> Run(
        std::span<const std::unique_ptr<engine::Prepared>> batch, core::SteadyTime) override {
        sizes.push_back(static_cast<int>(batch.size()));
        clock_.Advance(core::milliseconds(fixed_ms_ + row_ms_ * static_cast<int>(batch.size())));
        return std::vector<core::Result<engine::Reply>>(batch.size());
    }

    std::vector<std::string> bodies;
    std::vector<int> sizes;

  private:
    FakeModel fake_{FakeModel::Options{}};
    engine::ModelInfo info_;
    core::FakeClock& clock_;
    int fixed_ms_;
    int row_ms_;
};

TEST_CASE("a warm-up stops where larger batches no longer pay, and the batcher knows") {
    core::FakeClock clock;
    HostMetrics metrics("e", "v", "i");
    TimedModel model({-1, 2}, clock, 3, 10);
    Batcher batcher(model, {}, metrics, core::SystemClock());
    WarmUp(model, batcher, clock);
    CHECK(model.sizes.back() == 32);  // 16 and 32 gain less than 3% over half their size
    CHECK(batcher.Limits().max_rows == 8);
    REQUIRE_FALSE(model.bodies.empty());
    const std::string& body = model.bodies[0];
    CHECK(body.size() == 128 + 2 * 4);
    CHECK(body.starts_with("\x93NUMPY"));
    CHECK(body.find("'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }") !=
          std::string::npos);
}

TEST_CASE("a slow model is not warmed up for long") {
    core::FakeClock clock;
    HostMetrics metrics("e", "v", "i");
    TimedModel model({1}, clock, 2'000, 1);
    Batcher batcher(model, {}, metrics, core::SystemClock());
    WarmUp(model, batcher, clock);
    CHECK(model.sizes.size() == 2);
    CHECK(model.bodies[0].find("'shape': (1,), }") != std::string::npos);
}

TEST_CASE("a model of unknown shape is left alone") {
    core::FakeClock clock;
    HostMetrics metrics("e", "v", "i");
    for (const engine::Shape& shape : {engine::Shape{}, {1, 3, -1, -1}, {1 << 20, 1 << 20}}) {
        TimedModel model(shape, clock, 1, 1);
        Batcher batcher(model, {}, metrics, core::SystemClock());
        WarmUp(model, batcher, clock);
        CHECK(model.sizes.empty());
    }
}

}  // namespace
}  // namespace gyre::host
