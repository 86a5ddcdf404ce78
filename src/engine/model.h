#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/body.h"
#include "core/cancel.h"
#include "core/clock.h"
#include "core/json.h"
#include "core/result.h"
#include "engine/tensor.h"

namespace gyre::engine {

struct Reply {
    int status = 200;
    std::string content_type;
    core::Body body;
    std::map<std::string, std::string> headers;
};

/// A request's body while it comes and its answer while it goes, where neither has a known length.
/// Its calls block; one thread.
class Stream {
  public:
    virtual ~Stream() = default;
    /// The next bytes of the body; none after the last. Errors: kCancelled when nobody wants the
    /// answer any more, kDeadlineExceeded when the rest of the body does not come.
    [[nodiscard]] virtual core::Result<core::Body> NextPiece() = 0;
    /// Takes the next part of an answer with a status of 2xx. Errors: as of NextPiece.
    [[nodiscard]] virtual core::Status Give(Reply part) = 0;
    /// Set when nobody wants the answer any more.
    [[nodiscard]] virtual const core::CancelToken& Cancelled() const = 0;
    /// How long the model may neither take nor give anything.
    [[nodiscard]] virtual core::milliseconds Patience() const = 0;
};

/// One request to a model as it came over the wire.
struct Request {
    std::string id;
    core::Body body;
    std::string content_type;
    std::string accept;
    std::map<std::string, std::string> headers;  ///< lower-case names
    /// Gets parts of the answer as the model gives them, from the thread that runs it; the reply
    /// brings the rest. Null: the reply brings all.
    std::function<void(Reply part)> on_part;
    /// Not null: in place of `body` and `on_part`, for a model that streams. The reply brings the
    /// status, and the body only of an answer that is none of 2xx.
    std::shared_ptr<Stream> stream;
};

/// Of `Request::headers`: the name that clients know the model by, for answers that name it.
inline constexpr const char* kModelNameHeader = "x-gyre-model";

/// One of several calls of the model that a Run made of its batch.
struct Call {
    uint32_t number = 0;         ///< in the order of the batch's calls, from 0
    uint32_t requests = 0;       ///< that it answered; 0: the request was refused before any call
    bool another_shape = false;  ///< the first of another shape than those before
};

/// A request made ready for a batch: decoded, and of a known shape.
class Prepared {
  public:
    virtual ~Prepared() = default;
    /// After Run: the call that answered it. nullptr, for all of the batch, where that was one
    /// call.
    [[nodiscard]] virtual const Call* AnsweredBy() const { return nullptr; }
    /// Only requests of one key may share a batch. "" where any may.
    [[nodiscard]] virtual const std::string& BatchKey() const = 0;
    /// How many rows of a batch it takes (an npy body may hold 32 pictures); at least 1.
    [[nodiscard]] virtual int Rows() const = 0;
};

struct ModelInfo {
    std::string platform;   ///< "openvino", "torchscript", "python"
    std::string precision;  ///< "fp32", "bf16", "int8"; "" where the user's code decides
    std::vector<TensorSpec> inputs;
    std::vector<TensorSpec> outputs;
    bool batches = false;  ///< whether one Run of n rows is one call of the model
    bool streams = false;  ///< whether it takes Request::stream
    core::Json details;    ///< what was measured at load (precision table, probe), for people
};

/// Whether one Run of n rows is one call of the model. kUntried: its first batches will show.
enum class Batching { kNo, kUntried, kYes };

/// A batch that goes through a model step by step, and whose requests join and leave between the
/// steps (continuous batching). One thread at a time.
class Steps {
  public:
    using Replies = std::vector<std::optional<core::Result<Reply>>>;

    virtual ~Steps() = default;
    /// One step. `batch`: those that went on after the last one, in its order and without those
    /// that are to leave it, and behind them those that join. Of each its reply, or nullopt where
    /// it goes on; its parts went to its on_part, or are in the reply. An empty batch: all leave.
    /// `deadline` bounds the wait for what runs the model.
    [[nodiscard]] virtual Replies Step(std::span<Prepared* const> batch,
                                       core::SteadyTime deadline) = 0;
};

/// Of the processes that run a model, or of what stands for them.
struct WorkerCounts {
    int up = 0;
    int given_up = 0;  ///< they ended and are not started again
};

/// A loaded model. Prepare is thread-safe; Run may be called from as many threads at once as
/// `Concurrency()` says.
class Model {
  public:
    virtual ~Model() = default;
    [[nodiscard]] virtual const ModelInfo& Info() const = 0;
    [[nodiscard]] virtual int Concurrency() const = 0;
    /// How many of them compute at once. A Run beyond these lays out its inputs, and computes in
    /// the order of the calls as another ends.
    [[nodiscard]] virtual int Lanes() const { return Concurrency(); }
    /// May change while it runs.
    [[nodiscard]] virtual Batching BatchingNow() const {
        return Info().batches ? Batching::kYes : Batching::kNo;
    }
    /// How often a process that runs the model died and was started again.
    [[nodiscard]] virtual uint64_t WorkerRestarts() const { return 0; }
    [[nodiscard]] virtual WorkerCounts Workers() const { return {.up = Concurrency()}; }
    /// Decodes one request. Errors: kInvalidArgument for a body or content type that the model
    /// does not take, naming what was expected.
    [[nodiscard]] virtual core::Result<std::unique_ptr<Prepared>> Prepare(Request request) = 0;
    /// One batch of one key. Answers are in the order of `batch`, one for each; one bad item does
    /// not spoil the others.
    [[nodiscard]] virtual std::vector<core::Result<Reply>> Run(
        std::span<const std::unique_ptr<Prepared>> batch, core::SteadyTime deadline) = 0;
    /// How many requests may be in a batch that goes step by step; 0 for a model that is Run. Only
    /// one whose BatchKey is "" may be in one with others.
    [[nodiscard]] virtual int ContinuousRows() const { return 0; }
    /// Of such a model; as many as Concurrency() at once. The model outlives them.
    [[nodiscard]] virtual std::unique_ptr<Steps> NewSteps() { return nullptr; }
};

struct LoadOptions {
    std::string directory;  ///< the unpacked model
    std::map<std::string, std::string> environment;
    int workers = 1;                 ///< Python workers, or concurrent inferences
    int threads = 0;                 ///< threads for compute; 0: the machine's cores
    std::string precision = "auto";  ///< auto, fp32, bf16, int8
    double accuracy_tolerance =
        0.01;                     ///< largest relative error (L2) against fp32 that auto accepts
    std::string cache_directory;  ///< for conversions, keyed by the model's digest
    core::milliseconds response_timeout{60'000};
    /// A Python worker that has not come up again for so long is given up (TorchServe's
    /// maxRetryTimeoutInSec, with its pauses between starts). nullopt: it never is.
    std::optional<core::seconds> restart_for;
    /// Gets each line that the model's code prints.
    std::function<void(std::string_view line)> on_log;
};

/// Loads whatever the directory holds: code/inference.py or MAR-INF/MANIFEST.json (an archive of
/// TorchServe) → Python workers; *.xml (IR) or *.onnx →
/// OpenVINO; TorchScript → OpenVINO by conversion, else libtorch. Blocks; may take minutes.
/// Errors: kInvalidArgument (nothing loadable; says what was looked for), kInternal (the load
/// failed; of Python code the exception comes first).
[[nodiscard]] core::Result<std::unique_ptr<Model>> LoadModel(const LoadOptions& options);

}  // namespace gyre::engine
