#include "engine/network_trial.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

#include "engine/detail/fake_network.h"
#include "engine/generated_rows.h"

namespace gyre::engine {
namespace {

Tensor Floats(Shape shape, std::vector<float> values) {
    Tensor tensor(DataType::kFloat32, std::move(shape));
    std::memcpy(tensor.MutableData(), values.data(), tensor.Bytes());
    return tensor;
}

const std::vector<Inputs> kRows{{Floats({1, 2}, {1, 2})}, {Floats({1, 2}, {3, 4})}};

FakeNetwork Times(float factor, float more_of_stacks = 0) {
    return FakeNetwork([=](const float* from, float* to, int64_t rows) -> core::Status {
        for (int64_t i = 0; i < 2 * rows; ++i) {
            to[i] = factor * from[i] + (rows > 1 ? more_of_stacks : 0);
        }
        return {};
    });
}

}  // namespace

TEST_CASE("the relative error of tensors") {
    const Tensor one = Floats({2}, {3, 4});
    CHECK(RelativeError(one, one) == 0);
    CHECK(RelativeError(one, Floats({2}, {3, 4.5F})) == doctest::Approx(0.1));
    CHECK(std::isinf(RelativeError(one, Floats({1, 2}, {3, 4}))));
    CHECK(std::isinf(RelativeError(one, Floats({2}, {3, NAN}))));
    CHECK(RelativeError(Floats({2}, {NAN, INFINITY}), Floats({2}, {NAN, INFINITY})) == 0);
    CHECK(std::isinf(RelativeError(Floats({1}, {INFINITY}), Floats({1}, {-INFINITY}))));
    CHECK(std::isinf(RelativeError(Floats({1}, {0}), Floats({1}, {1e-9F}))));
}

TEST_CASE("stacking is proved, or the reason is told") {
    FakeNetwork good = Times(2);
    CHECK(ProveStacking(good, kRows).stacks);
    FakeNetwork mixing = Times(2, 0.1F);
    const StackProof proof = ProveStacking(mixing, kRows);
    CHECK_FALSE(proof.stacks);
    CHECK(proof.error > 0.01);
    FakeNetwork single([](const float*, float*, int64_t rows) -> core::Status {
        if (rows == 1) return {};
        return core::Fail(core::Code::kInvalidArgument, "one row only");
    });
    CHECK(ProveStacking(single, kRows).reason == "one row only");
}

TEST_CASE("networks are compared over all samples, and by their largest values") {
    FakeNetwork reference = Times(1);
    FakeNetwork close = Times(1.01F);
    auto difference = CompareNetworks(reference, close, kRows);
    REQUIRE(difference);
    CHECK(difference->error == doctest::Approx(0.01).epsilon(0.01));
    CHECK(difference->same_best == 1);
    FakeNetwork turned = Times(-1);
    difference = CompareNetworks(reference, turned, kRows);
    CHECK(difference->error == doctest::Approx(2));
    CHECK(difference->worst == doctest::Approx(2));
    CHECK(difference->same_best == 0);
}

TEST_CASE("stacked inputs follow one another") {
    const Inputs both = Stack(kRows);
    REQUIRE(both.size() == 1);
    CHECK(both[0].Dims() == Shape{2, 2});
    CHECK(both[0].As<float>()[3] == 4);
}

TEST_CASE("made-up rows fit the inputs, and are the same for the same seed") {
    const std::vector<TensorSpec> inputs{
        {.name = "p", .type = DataType::kUint8, .shape = {-1, 20, 30, 3}},
        {.name = "f", .type = DataType::kFloat32, .shape = {-1, 5}},
        {.name = "i", .type = DataType::kInt64, .shape = {-1, -1}}};
    const auto rows = GenerateRows(inputs, 2, 7);
    REQUIRE(rows.size() == 3);
    CHECK(rows[0].Dims() == Shape{2, 20, 30, 3});
    CHECK(rows[1].Dims() == Shape{2, 5});
    CHECK(rows[2].Dims() == Shape{2, 16});
    const auto again = GenerateRows(inputs, 2, 7);
    const auto other = GenerateRows(inputs, 2, 8);
    for (size_t i = 0; i < 2; ++i) {
        CHECK(RelativeError(rows[i], again[i]) == 0);
        CHECK(RelativeError(rows[i], other[i]) > 0);
    }
    for (int i = 0; i < 32; ++i) CHECK((rows[2].As<int64_t>()[i] & ~int64_t{1}) == 0);
}

}  // namespace gyre::engine
