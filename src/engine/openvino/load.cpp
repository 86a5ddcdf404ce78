#include "engine/openvino/load.h"

#include <openvino/op/constant.hpp>
#include <openvino/openvino.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "core/log.h"
#include "engine/converter.h"
#include "engine/native_model.h"
#include "engine/network_trial.h"
#include "engine/openvino/compiled_network.h"
#include "engine/openvino/quantized_model.h"
#include "engine/openvino/read_model.h"
#include "engine/precision_choice.h"
#include "engine/sample_rows.h"

#ifdef __SANITIZE_ADDRESS__
/// What these libraries keep for each thread that calls them is never given back.
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libopenvino\nleak:libtbb\n";
}
#endif

namespace gyre::engine {
namespace {

using core::Code;
using core::Fail;
using core::Result;
using openvino::CompiledNetwork;
using openvino::CompileOptions;

constexpr size_t kMostJudged = 64;  // samples that accuracy is judged on
constexpr int kTimedRows[] = {1, 8, 32};
constexpr int kUsualRows[] = {1, 4, 8};  // of batches, by how much they gain
constexpr int kMostLanes = 4;
constexpr int kLaneRounds = 3;
constexpr core::milliseconds kTimeOfLanes{200};
// Of what a batch with all threads gets done: lanes are not held up by what else the machine does,
// which a measurement at rest does not show.
constexpr double kLanesPay = 0.97;
constexpr size_t kMostWeights = size_t(512) << 20;  // bytes, of all networks compiled for them
constexpr core::milliseconds kTimeOfSize{400};
constexpr double kLongBatch = 250;  // ms; larger batches of such a model are not timed

bool HasQuantization(const ov::Model& model) {
    const auto ops = model.get_ops();
    return std::any_of(ops.begin(), ops.end(), [](const auto& op) {
        return std::string_view(op->get_type_name()) == "FakeQuantize";
    });
}

size_t WeightBytes(const ov::Model& model) {
    size_t bytes = 0;
    for (const auto& op : model.get_ops()) {
        const auto* constant = dynamic_cast<const ov::op::v0::Constant*>(op.get());
        if (constant != nullptr) bytes += constant->get_byte_size();
    }
    return bytes;
}

bool CpuHas(ov::Core& core, const std::string& capability) {
    const auto all = core.get_property("CPU", ov::device::capabilities);
    return std::find(all.begin(), all.end(), capability) != all.end();
}

/// One for the process, and never destroyed: OpenVINO's plugins do not survive being unloaded while
/// threads that ran in them are still to end.
ov::Core& Core() {
#ifdef __SANITIZE_ADDRESS__
    setenv("TBB_ENABLE_SANITIZERS", "1", 0);  // else TBB opens a library in a way that ASan refuses
#endif
    static ov::Core& core = *new ov::Core();
    return core;
}

/// One load, from the file to the network that was chosen.
class Loading {
  public:
    Loading(const LoadOptions& options, const ModelSettings& settings,
            const std::filesystem::path& file)
        : options_(options), settings_(settings), file_(file) {
        compile_.threads =
            options.threads > 0
                ? options.threads
                : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    }

    Result<std::unique_ptr<Model>> Load() {
        GYRE_ASSIGN(model_, openvino::ReadModel(core_, file_, settings_));
        GYRE_TRY(CompileReference());
        GYRE_TRY(FindSamples());
        GYRE_TRY(ProveBatches());
        GYRE_TRY(AddCandidates());
        GYRE_TRY(MeasureTimes());
        GYRE_ASSIGN(const PrecisionChoice choice, ChoosePrecision(trials_, Wanted(), Tolerance()));
        details_["precisions"] = DescribeTrials(trials_);
        details_["chosen"] = trials_[choice.index].precision;
        details_["why"] = choice.why;
        details_["accuracy_tolerance"] = Tolerance();
        NativeOptions native = NativeOptions::From(options_, settings_);
        native.info.platform = "openvino";
        native.info.precision = trials_[choice.index].precision;
        native.info.batches = batches_;
        auto network = std::move(networks_[choice.index]);
        GYRE_TRY(Widen(*network, trials_[choice.index].precision));
        native.lanes = network->Lanes();
        native.concurrency = native.lanes + 1;  // one lays out its inputs meanwhile
        native.info.details = details_;
        native.info.inputs = network->Inputs();
        native.info.outputs = network->Outputs();
        return MakeNativeModel(std::move(network), std::move(native));
    }

  private:
    std::string Wanted() const { return WantedPrecision(options_, settings_); }
    double Tolerance() const {
        const bool set = options_.environment.count("GYRE_ACCURACY_TOLERANCE") > 0;
        return set ? options_.accuracy_tolerance
                   : settings_.accuracy_tolerance.value_or(options_.accuracy_tolerance);
    }

    /// What the model was made from: its files, and what gyre.json puts before it.
    Result<std::string> Source() const {
        GYRE_ASSIGN(std::string source, FileDigest(file_));
        std::error_code ignored;
        for (const auto& beside : {std::filesystem::path(file_).replace_extension(".bin"),
                                   std::filesystem::path(options_.directory) / "gyre.json"}) {
            if (!std::filesystem::is_regular_file(beside, ignored)) continue;
            GYRE_ASSIGN(const std::string digest, FileDigest(beside));
            source += " " + digest;
        }
        return source + (batches_ ? " stacks" : "");
    }

    core::Status CompileReference() {
        batches_ = openvino::FreeBatch(model_);
        GYRE_ASSIGN(auto network, CompiledNetwork::Compile(core_, model_, compile_));
        networks_.push_back(std::move(network));
        trials_.push_back({.precision = HasQuantization(*model_) ? "int8" : "fp32"});
        return {};
    }

    /// Several lanes, where they get more done: the user's workers, or else as many as threads up
    /// to kMostLanes. Then the usual sizes of batches.
    core::Status Widen(CompiledNetwork& network, const std::string& precision) {
        const size_t weights = WeightBytes(*model_);
        size_t copies = 2;
        if (compile_.threads > 1 && copies * weights <= kMostWeights) {
            GYRE_TRY(TryLanes(network));
            copies++;
        }
        if (!batches_ || network.Inputs()[0].any_type) return {};
        for (const int rows : kUsualRows) {
            if (copies++ * weights > kMostWeights) break;
            if (auto done = network.CompileRows(rows); !done) {
                core::LogDebug("no network for batches of one size",
                               {{"precision", precision}, {"reason", done.error().message}});
                break;
            }
        }
        return {};
    }

    core::Status TryLanes(CompiledNetwork& network) {
        const int lanes = options_.workers > 1 ? std::min(options_.workers, compile_.threads)
                                               : std::min(kMostLanes, compile_.threads);
        const auto alike = Alike(samples_, samples_.size());
        const auto rows = [&](int count) {
            std::vector<Inputs> parts;
            for (int i = 0; i < count; ++i) parts.push_back(alike[size_t(i) % alike.size()]);
            return count == 1 ? alike[0] : Stack(parts);
        };
        const Inputs one = rows(batches_ ? 8 : 1);
        const Inputs of_several = rows(batches_ ? 4 : 1);
        double alone = 0;
        double together = 0;
        for (int round = 0; round < kLaneRounds;
             ++round) {  // in turn: the machine does other things
            network.UseNoLanes();
            const auto wide =
                MeasureRowsPerSecond(network, one, 1, kTimeOfLanes, core::SystemClock());
            if (!wide) return {};  // a network may refuse what was made up, and serve
            GYRE_TRY(network.UseLanes(lanes));
            const auto narrow =
                MeasureRowsPerSecond(network, of_several, lanes, kTimeOfLanes, core::SystemClock());
            alone = std::max(alone, *wide);
            together = std::max(together, narrow.value_or(0));
        }
        if (together < alone * kLanesPay) network.UseNoLanes();
        details_["lanes"] = core::JsonObject{
            {"chosen", network.Lanes()},
            {"rows_per_s", core::JsonObject{{"1", alone}, {std::to_string(lanes), together}}}};
        return {};
    }

    Network& Reference() { return *networks_[0]; }

    core::Status FindSamples() {
        const BodyDecoder decoder(Reference().Inputs(), settings_.image);
        const auto folder = std::filesystem::path(options_.directory) / settings_.samples;
        GYRE_ASSIGN(samples_, ReadSamples(folder, decoder, openvino::kMostCalibrated));
        brought_ = !samples_.empty();
        if (!brought_) samples_ = MadeUpSamples(Reference().Inputs());
        details_["judged_on"] = brought_ ? std::to_string(std::min(samples_.size(), kMostJudged)) +
                                               " samples of the model's folder"
                                         : std::string("made-up inputs");
        return {};
    }

    core::Status ProveBatches() {
        StackProof proof;
        const bool freed = batches_;
        if (!freed) {
            proof.reason = "the model fixes its first dimension";
        } else {
            proof = ProveStacking(Reference(), SamplesToStack(samples_, Reference().Inputs()));
        }
        batches_ = proof.stacks;
        core::JsonObject batching{{"stacks", proof.stacks}};
        if (proof.stacks)
            batching["error"] = proof.error;
        else
            batching["reason"] = proof.reason;
        details_["batching"] = batching;
        if (batches_ || !freed) return {};
        // As the file has it: freeing the dimension may have changed what it computes.
        GYRE_ASSIGN(model_, openvino::ReadModel(core_, file_, settings_));
        GYRE_ASSIGN(networks_[0], CompiledNetwork::Compile(core_, model_, compile_));
        return {};
    }

    core::Status AddCandidates() {
        const std::string wanted = Wanted();
        if (trials_[0].precision == "int8") return {};  // there is nothing more exact to judge by
        if (wanted == "auto" || wanted == "bf16") {
            if (!CpuHas(core_, "BF16")) {
                AddUnusable("bf16", "this machine's processor does not compute in bfloat16");
            } else {
                CompileOptions bf16 = compile_;
                bf16.bf16 = true;
                AddNetwork("bf16", CompiledNetwork::Compile(core_, model_, bf16));
            }
        }
        if (wanted == "auto" || wanted == "int8") {
            if (!brought_) {
                AddUnusable("int8",
                            "the model's folder brings no samples to calibrate and judge on "
                            "(gyre.json: samples)");
            } else {
                GYRE_ASSIGN(const std::string source, Source());
                auto quantized =
                    openvino::QuantizedModel(core_, model_, source, samples_, options_);
                if (!quantized)
                    AddUnusable("int8", quantized.error().message);
                else
                    AddNetwork("int8", CompiledNetwork::Compile(core_, *quantized, compile_));
            }
        }
        if (samples_.size() > kMostJudged) samples_.resize(kMostJudged);
        for (size_t i = 1; i < networks_.size(); ++i) {
            if (!networks_[i]) continue;
            const auto difference = CompareNetworks(Reference(), *networks_[i], samples_);
            if (!difference) {
                Drop(i, difference.error().message);
                continue;
            }
            trials_[i].error = difference->error;
            trials_[i].worst = difference->worst;
            trials_[i].same_best = difference->same_best;
        }
        return {};
    }

    void AddUnusable(const std::string& precision, const std::string& why) {
        trials_.push_back({.precision = precision, .unusable = why});
        networks_.push_back(nullptr);
    }
    void AddNetwork(const std::string& precision,
                    Result<std::unique_ptr<CompiledNetwork>> network) {
        if (!network) return AddUnusable(precision, network.error().message);
        trials_.push_back({.precision = precision});
        networks_.push_back(std::move(*network));
    }
    void Drop(size_t index, const std::string& why) {
        trials_[index].unusable = why;
        networks_[index].reset();
    }

    core::Status MeasureTimes() {
        std::vector<Network*> networks;
        std::vector<size_t> places;
        for (size_t i = 0; i < networks_.size(); ++i) {
            if (!networks_[i]) continue;
            networks.push_back(networks_[i].get());
            places.push_back(i);
        }
        double longest = 0;
        for (const int rows : kTimedRows) {
            if ((rows > 1 && !batches_) || longest > kLongBatch) break;
            std::vector<Inputs> parts;
            const auto alike = Alike(samples_, samples_.size());
            for (int i = 0; i < rows; ++i)
                parts.push_back(alike[static_cast<size_t>(i) % alike.size()]);
            const Inputs inputs = rows == 1 ? alike[0] : Stack(parts);
            auto times = MeasureMilliseconds(networks, inputs, kTimeOfSize, core::SystemClock());
            if (!times && !brought_) {  // a network may refuse what was made up, and serve
                details_["not_measured"] = times.error().message;
                return {};
            }
            if (!times) return Fail(std::move(times.error()).In("a sample of the model's folder"));
            for (size_t i = 0; i < places.size(); ++i) {
                trials_[places[i]].milliseconds[rows] = (*times)[i];
            }
            longest = *std::max_element(times->begin(), times->end());
        }
        return {};
    }

    const LoadOptions& options_;
    const ModelSettings& settings_;
    const std::filesystem::path& file_;
    CompileOptions compile_;
    ov::Core& core_ = Core();
    std::shared_ptr<ov::Model> model_;
    std::vector<Inputs> samples_;
    bool brought_ = false;  ///< the samples came with the model
    bool batches_ = false;
    std::vector<PrecisionTrial> trials_;
    std::vector<std::unique_ptr<CompiledNetwork>> networks_;  ///< null where unusable
    core::JsonObject details_;
};

}  // namespace

Result<std::unique_ptr<Model>> LoadOpenVinoModel(const LoadOptions& options,
                                                 const ModelSettings& settings,
                                                 const std::filesystem::path& file) try {
    return Loading(options, settings, file).Load();
} catch (const std::exception& error) {
    return Fail(Code::kInternal, std::string("OpenVINO: ") + error.what());
}

std::string OpenVinoVersion() {
    return ov::get_openvino_version().buildNumber;
}

}  // namespace gyre::engine
