#include "engine/native_model.h"

#include <doctest/doctest.h>

#include <cstring>

#include "engine/detail/fake_network.h"

namespace gyre::engine {
namespace {

/// Doubles; refuses every run that holds a negative value.
core::Status DoublePositive(const float* from, float* to, int64_t rows) {
    for (int64_t i = 0; i < 2 * rows; ++i) {
        if (from[i] < 0) return core::Fail(core::Code::kInvalidArgument, "negative");
        to[i] = 2 * from[i];
    }
    return {};
}

struct Fixture {
    FakeNetwork* network;
    std::unique_ptr<Model> model;

    explicit Fixture(bool batches) {
        auto fake = std::make_unique<FakeNetwork>(DoublePositive);
        network = fake.get();
        NativeOptions options;
        options.info.batches = batches;
        model = *MakeNativeModel(std::move(fake), std::move(options));
    }
    std::vector<core::Result<Reply>> Ask(const std::vector<std::string>& bodies) {
        std::vector<std::unique_ptr<Prepared>> batch;
        for (const std::string& body : bodies) {
            auto prepared = model->Prepare({.body = body, .content_type = "application/json"});
            REQUIRE(prepared);
            batch.push_back(std::move(*prepared));
        }
        return model->Run(batch, core::SystemClock().Now() + core::seconds(60));
    }
};

}  // namespace

TEST_CASE("a batch is one run, and each gets its own rows back") {
    Fixture fixture(true);
    const auto answers = fixture.Ask({"[1,2]", "[[3,4],[5,6]]", "[7,8]"});
    REQUIRE(answers.size() == 3);
    CHECK(answers[0]->body == "[2.0,4.0]");
    CHECK(answers[1]->body == "[[6.0,8.0],[10.0,12.0]]");
    CHECK(answers[2]->body == "[14.0,16.0]");
    CHECK(fixture.network->runs == 1);
}

TEST_CASE("one bad item does not spoil the others") {
    Fixture fixture(true);
    const auto answers = fixture.Ask({"[1,2]", "[-3,4]", "[5,6]"});
    REQUIRE(answers.size() == 3);
    CHECK(answers[0]->body == "[2.0,4.0]");
    REQUIRE_FALSE(answers[1]);
    CHECK(answers[1].error().message.find("negative") != std::string::npos);
    CHECK(answers[2]->body == "[10.0,12.0]");
}

/// The rows that do not begin with 0: how many they are is for the values to say.
Tensor WithoutZeros(const Tensor& output) {
    std::vector<float> kept;
    for (int64_t row = 0; row < output.Dims()[0]; ++row) {
        const float* values = output.As<float>() + 2 * row;
        if (values[0] != 0) kept.insert(kept.end(), values, values + 2);
    }
    Tensor rows(DataType::kFloat32, {static_cast<int64_t>(kept.size()) / 2, 2});
    if (!kept.empty()) std::memcpy(rows.MutableData(), kept.data(), rows.Bytes());
    return rows;
}

TEST_CASE("rows that a model leaves out give nobody those of others") {
    Fixture fixture(true);
    fixture.network->shape_output = WithoutZeros;
    const auto answers = fixture.Ask({"[1,2]", "[[3,4],[0,6]]", "[0,8]"});
    REQUIRE(answers.size() == 3);
    CHECK(answers[0]->body == "[2.0,4.0]");
    CHECK(answers[1]->body == "[[6.0,8.0]]");
    CHECK(answers[2]->body == "[]");
    CHECK(fixture.network->runs == 4);

    fixture.network->shape_output = [](const Tensor& output) {
        return Tensor(DataType::kFloat32, {}, nullptr, output.Data());
    };
    const auto scalars = fixture.Ask({"[1,2]", "[3,4]"});
    CHECK(scalars[0]->body == "2.0");
    CHECK(scalars[1]->body == "6.0");
}

TEST_CASE("without the proof, requests run one by one") {
    Fixture fixture(false);
    const auto answers = fixture.Ask({"[1,2]", "[[3,4],[5,6]]"});
    CHECK(answers[0]->body == "[2.0,4.0]");
    CHECK(answers[1]->body == "[[6.0,8.0],[10.0,12.0]]");
    CHECK(fixture.network->runs == 2);
}

TEST_CASE("a batch that nobody has time for is answered at its deadline") {
    Fixture fixture(true);
    NativeOptions options;
    options.concurrency = 1;
    std::unique_ptr<Model> model;
    std::vector<core::Result<Reply>> late;
    std::vector<std::unique_ptr<Prepared>> batch;
    // The only session is busy with a run that asks for another.
    auto fake = std::make_unique<FakeNetwork>([&](const float*, float*, int64_t) -> core::Status {
        late = model->Run(batch, core::SystemClock().Now());
        return {};
    });
    model = *MakeNativeModel(std::move(fake), std::move(options));
    batch.push_back(
        std::move(*model->Prepare({.body = "[1,2]", .content_type = "application/json"})));
    const auto answers = model->Run(batch, core::SystemClock().Now() + core::seconds(60));
    CHECK(answers[0]);
    REQUIRE(late.size() == 1);
    REQUIRE_FALSE(late[0]);
    CHECK(late[0].error().code == core::Code::kDeadlineExceeded);
}

TEST_CASE("workers are batches at once") {
    LoadOptions options;
    options.workers = 3;
    options.environment["SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"] = "text/csv";
    const NativeOptions native = NativeOptions::From(options, {});
    CHECK(native.lanes == 3);
    CHECK(native.concurrency == 3);
    CHECK(native.default_accept == "text/csv");
}

}  // namespace gyre::engine
