#include "engine/network_trial.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <thread>

#include "engine/codec/element_types.h"

namespace gyre::engine {
namespace {

using core::Result;

constexpr double kStackTolerance = 1e-3;  // sums in another order, and no more

Tensor Copy(const Tensor& tensor) {
    Tensor copy(tensor.Type(), tensor.Dims());
    std::memcpy(copy.MutableData(), tensor.Data(), tensor.Bytes());
    return copy;
}

/// Row `row` of `of`, with its dimension; borrows.
Tensor Row(const Tensor& whole, int64_t row, int64_t of) {
    Shape shape = whole.Dims();
    shape[0] = 1;
    const size_t bytes = whole.Bytes() / static_cast<size_t>(of);
    return Tensor(whole.Type(), std::move(shape), nullptr,
                  static_cast<const char*>(whole.Data()) + static_cast<size_t>(row) * bytes);
}

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Sums of squares, of what differs and of what was expected.
struct Squares {
    double distance = 0;
    double size = 0;

    void Add(const Tensor& expected, const Tensor& given) {
        if (expected.Dims() != given.Dims()) {
            distance = kInfinity;
            return;
        }
        const auto count = static_cast<size_t>(ElementCount(expected.Dims()));
        for (size_t i = 0; i < count; ++i) {
            const double a = ElementAt(expected, i);
            const double b = ElementAt(given, i);
            if (std::isfinite(a) && std::isfinite(b)) {
                distance += (a - b) * (a - b);
                size += a * a;
            } else if (a != b && !(std::isnan(a) && std::isnan(b))) {
                distance = kInfinity;
            }
        }
    }
    void Add(const Squares& other) {
        distance += other.distance;
        size += other.size;
    }
    double Error() const {
        if (distance == 0) return 0;
        return size > 0 ? std::sqrt(distance / size) : kInfinity;
    }
};

/// The place of the largest value of each row's last axis, one after another.
std::vector<size_t> Best(const Tensor& tensor) {
    std::vector<size_t> places;
    if (tensor.Dims().empty() || tensor.Dims().back() == 0) return places;
    const auto width = static_cast<size_t>(tensor.Dims().back());
    const auto count = static_cast<size_t>(ElementCount(tensor.Dims()));
    for (size_t start = 0; start < count; start += width) {
        size_t best = 0;
        for (size_t i = 1; i < width; ++i) {
            if (ElementAt(tensor, start + i) > ElementAt(tensor, start + best)) best = i;
        }
        places.push_back(best);
    }
    return places;
}

}  // namespace

Result<std::vector<Tensor>> Compute(Session& session, const Inputs& inputs) {
    for (size_t i = 0; i < inputs.size(); ++i) GYRE_TRY(session.Borrow(i, inputs[i]));
    GYRE_TRY(session.Infer());
    std::vector<Tensor> outputs;
    for (size_t i = 0; i < session.OutputCount(); ++i) {
        GYRE_ASSIGN(const Tensor output, session.Output(i));
        outputs.push_back(Copy(output));
    }
    return outputs;
}

double RelativeError(const Tensor& expected, const Tensor& given) {
    Squares squares;
    squares.Add(expected, given);
    return squares.Error();
}

Inputs Stack(const std::vector<Inputs>& parts) {
    Inputs result;
    for (size_t input = 0; input < parts[0].size(); ++input) {
        Shape shape = parts[0][input].Dims();
        shape[0] = 0;
        for (const Inputs& part : parts) shape[0] += part[input].Dims()[0];
        Tensor whole(parts[0][input].Type(), std::move(shape));
        auto* to = static_cast<char*>(whole.MutableData());
        for (const Inputs& part : parts) {
            std::memcpy(to, part[input].Data(), part[input].Bytes());
            to += part[input].Bytes();
        }
        result.push_back(std::move(whole));
    }
    return result;
}

StackProof ProveStacking(Network& network, const std::vector<Inputs>& samples) {
    StackProof proof;
    const auto fails = [&proof](const core::Error& error) {
        proof.reason = error.message;
        return proof;
    };
    auto session = network.NewSession();
    if (!session) return fails(session.error());
    const auto rows = static_cast<int64_t>(samples.size());
    auto together = Compute(**session, Stack(samples));
    if (!together) return fails(together.error());
    for (size_t i = 0; i < samples.size(); ++i) {
        auto alone = Compute(**session, samples[i]);
        if (!alone) return fails(alone.error());
        for (size_t output = 0; output < alone->size(); ++output) {
            const Tensor& whole = (*together)[output];
            const Shape& single = (*alone)[output].Dims();
            if (whole.Dims().empty() || whole.Dims()[0] != rows || single.empty() ||
                single[0] != 1) {
                proof.reason = "an output of " + ShapeText(single) + " for one row is " +
                               ShapeText(whole.Dims()) + " for " + std::to_string(rows);
                return proof;
            }
            const double error =
                RelativeError((*alone)[output], Row(whole, static_cast<int64_t>(i), rows));
            proof.error = std::max(proof.error, error);
        }
    }
    proof.stacks = proof.error <= kStackTolerance;
    if (!proof.stacks) {
        proof.reason =
            "stacked rows are off by " + std::to_string(proof.error) + " from the same rows alone";
    }
    return proof;
}

Result<Difference> CompareNetworks(Network& reference, Network& other,
                                   const std::vector<Inputs>& samples) {
    GYRE_ASSIGN(const auto first, reference.NewSession());
    GYRE_ASSIGN(const auto second, other.NewSession());
    Difference difference;
    std::vector<Squares> all(reference.Outputs().size());
    size_t rows = 0, same = 0;
    for (const Inputs& sample : samples) {
        GYRE_ASSIGN(const auto expected, Compute(*first, sample));
        GYRE_ASSIGN(const auto given, Compute(*second, sample));
        for (size_t i = 0; i < expected.size(); ++i) {
            Squares one;
            one.Add(expected[i], given[i]);
            all[i].Add(one);
            difference.worst = std::max(difference.worst, one.Error());
        }
        const auto wanted = Best(expected[0]);
        const auto found = Best(given[0]);
        rows += wanted.size();
        for (size_t i = 0; i < std::min(wanted.size(), found.size()); ++i) {
            if (wanted[i] == found[i]) ++same;
        }
    }
    for (const Squares& output : all) difference.error = std::max(difference.error, output.Error());
    if (rows > 0) difference.same_best = static_cast<double>(same) / static_cast<double>(rows);
    return difference;
}

Result<std::vector<double>> MeasureMilliseconds(const std::vector<Network*>& networks,
                                                const Inputs& inputs, core::milliseconds budget,
                                                const core::Clock& clock) {
    std::vector<std::unique_ptr<Session>> sessions;
    for (Network* network : networks) {
        GYRE_ASSIGN(auto session, network->NewSession());
        for (size_t i = 0; i < inputs.size(); ++i) GYRE_TRY(session->Borrow(i, inputs[i]));
        GYRE_TRY(session->Infer());  // what is made at the first run of a shape
        sessions.push_back(std::move(session));
    }
    std::vector<double> least(networks.size(), std::numeric_limits<double>::infinity());
    const core::SteadyTime end = clock.Now() + budget;
    for (int round = 0; round < 2 || (round < 20 && clock.Now() < end); ++round) {
        for (size_t i = 0; i < sessions.size(); ++i) {
            const core::SteadyTime start = clock.Now();
            GYRE_TRY(sessions[i]->Infer());
            const std::chrono::duration<double, std::milli> took = clock.Now() - start;
            least[i] = std::min(least[i], took.count());
        }
    }
    return least;
}

Result<double> MeasureRowsPerSecond(Network& network, const Inputs& inputs, int sessions,
                                    core::milliseconds budget, const core::Clock& clock) {
    constexpr int kLeast = 2;
    std::vector<std::unique_ptr<Session>> all;
    for (int i = 0; i < sessions; ++i) {
        GYRE_ASSIGN(auto session, network.NewSession());
        for (size_t input = 0; input < inputs.size(); ++input) {
            GYRE_TRY(session->Borrow(input, inputs[input]));
        }
        all.push_back(std::move(session));
    }
    std::vector<core::Status> ends(all.size());
    std::vector<int> runs(all.size());
    const auto compute = [&](size_t i, core::SteadyTime end) {
        while (ends[i] && (runs[i] < kLeast || clock.Now() < end)) {
            ends[i] = all[i]->Infer();
            ++runs[i];
        }
    };
    const auto together = [&](core::milliseconds time) {
        std::fill(runs.begin(), runs.end(), 0);
        const core::SteadyTime start = clock.Now();
        {
            std::vector<std::jthread> threads;
            for (size_t i = 0; i < all.size(); ++i) threads.emplace_back(compute, i, start + time);
        }
        return std::chrono::duration<double>(clock.Now() - start).count();
    };
    together(core::milliseconds(0));  // what is made at the first run of a shape
    const double took = together(budget);
    for (const core::Status& end : ends) GYRE_TRY(end);
    const Shape& shape = inputs[0].Dims();
    const double rows = shape.empty() ? 1 : static_cast<double>(shape[0]);
    return rows * std::accumulate(runs.begin(), runs.end(), 0) / took;
}

}  // namespace gyre::engine
