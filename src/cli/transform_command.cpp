#include <algorithm>
#include <memory>
#include <ostream>

#include "cli/detail/command.h"
#include "cli/detail/content_type.h"
#include "cli/detail/deploy.h"
#include "cli/detail/folder_transfer.h"
#include "cli/detail/model_file.h"
#include "cli/detail/progress.h"
#include "cli/detail/table.h"
#include "cli/detail/transform_progress.h"
#include "cli/detail/upload.h"
#include "core/digest.h"

namespace gyre::cli::detail {
namespace {

using core::Code;
using core::Json;
using core::JsonObject;
using core::Result;
using core::Status;

constexpr core::milliseconds kFirstPause{50};
constexpr core::milliseconds kLongestPause{1'000};
constexpr core::seconds kSilence{120};  // of the platform, that the wait for a job lives through
constexpr const char* kRole = "arn:aws:iam::000000000000:role/gyre-transform";

struct TransformOptions {
    ConnectionOptions connection;
    std::string model;
    std::string input;
    std::string output;
    std::string name;
    std::string bucket = "gyre-transform";
    std::string split = "None";
    std::string strategy;
    std::string content_type;
    std::string accept;
    std::string input_filter;
    std::string output_filter;
    std::vector<std::string> environment;
    int concurrency = 0;
    int payload_mb = 0;
    int count = 1;
    bool lines = false;
    bool join = false;
    bool gzip = false;
    bool no_wait = false;
};

bool IsS3(const std::string& place) {
    return place.starts_with("s3://");
}

// "s3://bucket/key" as its two parts.
std::pair<std::string, std::string> PartsOf(const std::string& url) {
    const std::string rest = url.substr(5);
    const size_t slash = std::min(rest.find('/'), rest.size());
    return {rest.substr(0, slash), rest.substr(std::min(slash + 1, rest.size()))};
}

// Asked again, the platform may answer: there was no answer, or one that blames the platform.
bool MayPass(const core::Error& error) {
    return error.http_status == 0 || error.http_status == 429 || error.http_status >= 500;
}

/// One job from its uploads to its downloads. What it put into its bucket, below a prefix that no
/// other run has, goes with it; but not what a job still reads, or what nobody has fetched.
class FolderJob {
  public:
    FolderJob(Session& session, const Platform& platform, const TransformOptions& options)
        : session_(session),
          platform_(platform),
          options_(options),
          progress_(session),
          name_(options.name.empty() ? DatedName("transform", session.clock.WallNow())
                                     : options.name),
          prefix_(name_ + "/" + core::RandomUuid().substr(0, 8) + "/"),
          input_(IsS3(options.input) ? options.input : Own("in/")),
          output_(IsS3(options.output) ? options.output : Own("out/")) {}

    Status Run() {
        if (options_.no_wait && !IsS3(options_.output)) {
            return core::Fail(Code::kInvalidArgument,
                              "--no-wait wants an s3:// OUTPUT: nobody would fetch the results");
        }
        if (!IsS3(options_.output)) GYRE_TRY(session_.files.MakeDirectories(options_.output));
        auto done = Work();
        Tidy();
        if (done) return done;
        core::Error error = std::move(done.error());
        if (at_work_) {
            error.message += "; the job may be at work: `gyre transforms " + name_ + "` says so";
        }
        if (unfetched_) error.message += "; its results are kept at " + output_;
        return core::Fail(std::move(error));
    }

  private:
    std::string Own(const std::string& what) const {
        return "s3://" + options_.bucket + "/" + prefix_ + what;
    }

    Status Work() {
        GYRE_TRY(ListInput());
        GYRE_ASSIGN(const std::string model, FindModel());
        GYRE_TRY(SendInput());
        const auto made = platform_.Call("sagemaker", "CreateTransformJob", Request(model));
        at_work_ = made || MayPass(made.error());
        unfetched_ = at_work_ && !IsS3(options_.output);
        if (!made) return core::Fail(made.error());
        if (options_.no_wait) {
            progress_.Done(name_ + " is on its way; `gyre transforms " + name_ +
                           "` says how far it is");
            return {};
        }
        GYRE_ASSIGN(const Json job, Wait());
        at_work_ = false;
        GYRE_TRY(FetchOutput());
        unfetched_ = false;
        const std::string status = core::JsonStringOr(job, "TransformJobStatus");
        if (status != "Completed") {
            return core::Fail(Code::kFailedPrecondition,
                              "the job " + name_ + " is " + status + ": " +
                                  core::JsonStringOr(job, "FailureReason"));
        }
        progress_.Done(name_ + " is done: " + ProgressText(job));
        if (options_.connection.json) PrintJson(session_, job);
        return {};
    }

    Status ListInput() {
        if (IsS3(options_.input)) return {};
        GYRE_ASSIGN(files_, FilesBelow(options_.input));
        content_type_ = ContentTypeOf(files_.front().name, "");
        return {};
    }

    Status SendInput() {
        if (files_.empty()) return {};
        uint64_t all = 0;
        for (const FolderFile& file : files_) all += file.size;
        progress_.Step("uploading " + std::to_string(files_.size()) + " files (" + Size(all) + ")");
        GYRE_TRY(EnsureBucket(platform_, options_.bucket));
        const std::string prefix = PartsOf(input_).second;
        uint64_t before = 0;
        for (const FolderFile& file : files_) {
            GYRE_TRY(Upload(platform_, session_.files, file.path, options_.bucket,
                            prefix + file.name, [&](uint64_t sent, uint64_t) {
                                progress_.Update("uploading " + Size(before + sent) + " of " +
                                                 Size(all));
                            }));
            before += file.size;
        }
        return {};
    }

    // The platform's model of that name, or one made of a file for this job alone.
    Result<std::string> FindModel() {
        std::error_code ignored;
        if (!IsS3(options_.model) && !std::filesystem::exists(options_.model, ignored)) {
            const auto there = platform_.Call("sagemaker", "DescribeModel",
                                              JsonObject{{"ModelName", options_.model}});
            if (there) return options_.model;
            if (!IsNotThere(there.error())) return core::Fail(there.error());
            return core::Fail(
                Code::kNotFound,
                options_.model + " is neither a model of the platform (`gyre models`) nor a file");
        }
        std::string url = options_.model;
        if (!IsS3(url)) {
            GYRE_ASSIGN(const ModelFile file, PrepareModel(options_.model));
            url = Own("model/" + file.object_name);
            progress_.Step("uploading " + file.kind);
            GYRE_TRY(EnsureBucket(platform_, options_.bucket));
            GYRE_TRY(Upload(platform_, session_.files, file.path, options_.bucket,
                            PartsOf(url).second, [](uint64_t, uint64_t) {}));
        }
        GYRE_TRY(platform_.Call(
            "sagemaker", "CreateModel",
            JsonObject{
                {"ModelName", name_},
                {"ExecutionRoleArn", kRole},
                {"PrimaryContainer", JsonObject{{"Image", "gyre/auto"}, {"ModelDataUrl", url}}}}));
        made_model_ = true;
        return name_;
    }

    JsonObject Request(const std::string& model) const {
        JsonObject input{
            {"DataSource", JsonObject{{"S3DataSource",
                                       JsonObject{{"S3DataType", "S3Prefix"}, {"S3Uri", input_}}}}},
            {"SplitType", options_.split}};
        const std::string& type =
            options_.content_type.empty() ? content_type_ : options_.content_type;
        if (!type.empty()) input["ContentType"] = type;
        if (options_.gzip) input["CompressionType"] = "Gzip";
        JsonObject output{{"S3OutputPath", output_}};
        if (!options_.accept.empty()) output["Accept"] = options_.accept;
        if (options_.lines) output["AssembleWith"] = "Line";
        JsonObject request{{"TransformJobName", name_},
                           {"ModelName", model},
                           {"TransformInput", std::move(input)},
                           {"TransformOutput", std::move(output)},
                           {"TransformResources", JsonObject{{"InstanceType", "ml.m5.large"},
                                                             {"InstanceCount", options_.count}}}};
        if (!options_.strategy.empty()) request["BatchStrategy"] = options_.strategy;
        if (options_.concurrency > 0) request["MaxConcurrentTransforms"] = options_.concurrency;
        if (options_.payload_mb > 0) request["MaxPayloadInMB"] = options_.payload_mb;
        JsonObject processing;
        if (!options_.input_filter.empty()) processing["InputFilter"] = options_.input_filter;
        if (!options_.output_filter.empty()) processing["OutputFilter"] = options_.output_filter;
        if (options_.join) processing["JoinSource"] = "Input";
        if (!processing.empty()) request["DataProcessing"] = std::move(processing);
        JsonObject environment;
        for (const std::string& pair : options_.environment) {
            const size_t equals = std::min(pair.find('='), pair.size());
            environment[pair.substr(0, equals)] = pair.substr(std::min(equals + 1, pair.size()));
        }
        if (!environment.empty()) request["Environment"] = std::move(environment);
        return request;
    }

    Result<Json> Wait() {
        progress_.Step("transform job " + name_);
        core::milliseconds pause = kFirstPause;
        core::SteadyTime heard = session_.clock.Now();
        while (true) {
            auto job = platform_.Call("sagemaker", "DescribeTransformJob",
                                      JsonObject{{"TransformJobName", name_}});
            const core::SteadyTime now = session_.clock.Now();
            if (job) {
                heard = now;
                const std::string status = core::JsonStringOr(*job, "TransformJobStatus");
                if (status != "InProgress" && status != "Stopping") return job;
                if (const std::string text = ProgressText(*job); !text.empty()) {
                    progress_.Update(text);
                }
            } else if (!MayPass(job.error()) || now - heard > kSilence) {
                return job;
            }
            session_.pause(pause);
            pause = std::min(2 * pause, kLongestPause);
        }
    }

    Status FetchOutput() {
        if (IsS3(options_.output)) return {};
        const auto [bucket, prefix] = PartsOf(output_);
        GYRE_ASSIGN(const auto keys, KeysBelow(platform_, bucket, prefix));
        for (const std::string& key : keys) {
            progress_.Update("fetching " + key.substr(prefix.size()));
            GYRE_TRY(Download(platform_, session_.files, bucket, key, options_.output,
                              key.substr(prefix.size())));
        }
        return {};
    }

    void Tidy() {
        if (at_work_) return;
        progress_.Update("tidying up");
        if (made_model_) {
            (void)platform_.Call("sagemaker", "DeleteModel", JsonObject{{"ModelName", name_}});
        }
        for (const char* part : {"in/", "model/"}) {
            (void)RemoveBelow(platform_, options_.bucket, prefix_ + part);
        }
        if (!unfetched_) (void)RemoveBelow(platform_, options_.bucket, prefix_ + "out/");
    }

    Session& session_;
    const Platform& platform_;
    const TransformOptions& options_;
    Progress progress_;
    const std::string name_;
    const std::string prefix_;  ///< of all its keys
    const std::string input_;
    const std::string output_;
    std::vector<FolderFile> files_;  ///< of a folder that is INPUT
    std::string content_type_;       ///< by the first one's name
    bool made_model_ = false;
    bool at_work_ = false;    ///< the job is, or may be
    bool unfetched_ = false;  ///< results are in the bucket, or may be
};

void AddShape(CLI::App& command, TransformOptions& options) {
    command.add_option("--split", options.split, "How a file is cut into records [None]")
        ->check(CLI::IsMember({"None", "Line", "RecordIO", "TFRecord"}).description(""))
        ->type_name("None|Line|RecordIO|TFRecord");
    command.add_option("--strategy", options.strategy, "Records in one request [MultiRecord]")
        ->check(CLI::IsMember({"SingleRecord", "MultiRecord"}).description(""))
        ->type_name("SingleRecord|MultiRecord");
    command.add_option("--content-type", options.content_type, "Of the input [by its name]")
        ->type_name("TYPE");
    command.add_option("--accept", options.accept, "Of the answers")->type_name("TYPE");
    command.add_flag("--lines", options.lines, "End each answer with a newline");
    command.add_flag("--gzip", options.gzip, "The input is compressed");
    command.add_option("--input-filter", options.input_filter, "What the model gets of a record")
        ->type_name("JSONPATH");
    command.add_flag("--join", options.join, "Put each record beside its answer");
    command.add_option("--output-filter", options.output_filter, "What is kept of both")
        ->type_name("JSONPATH");
}

void AddLimits(CLI::App& command, TransformOptions& options) {
    command.add_option("--concurrency", options.concurrency, "Requests at once to each instance")
        ->type_name("N")
        ->check(CLI::Range(1, 100).description(""));
    command.add_option("--payload-mb", options.payload_mb, "Largest request [6]")
        ->type_name("N")
        ->check(CLI::Range(1, 100).description(""));
    command.add_option("--count", options.count, "Instances: model hosts side by side [1]")
        ->type_name("N")
        ->check(CLI::Range(1, 64).description(""));
    command.add_option("-e,--env", options.environment, "A variable for the model's server")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
}

}  // namespace

void AddTransform(Commands& commands) {
    CLI::App& command = commands.Add(
        "transform", "Run every file of a folder through a model, into another folder",
        "MODEL is a model's name on the platform, or a file or folder as `gyre deploy` takes.\n"
        "INPUT and OUTPUT are folders (or a file), or s3:// URLs. NAME of INPUT comes out as\n"
        "NAME.out; files with a record that failed do not, and JOB.errors.jsonl in OUTPUT says\n"
        "which record it was, why, and what the model answered.\n\n"
        "Examples:\n"
        "  gyre transform resnet.onnx ./photos ./labels --content-type image/jpeg\n"
        "  gyre transform churn customers.csv ./out --split Line --lines --join \\\n"
        "      --input-filter '$[1:]' --output-filter '$[0,-1]'\n"
        "  gyre transform churn s3://data/in/ s3://data/out --split Line --no-wait");
    const auto options = std::make_shared<TransformOptions>();
    command.add_option("MODEL", options->model, "A model's name, file or folder")->required();
    command.add_option("INPUT", options->input, "A folder, a file or an s3:// URL")->required();
    command.add_option("OUTPUT", options->output, "A folder or an s3:// URL")->required();
    AddShape(command, *options);
    AddLimits(command, *options);
    command.add_option("--name", options->name, "The job's name [transform-TIME]")
        ->type_name("NAME");
    command.add_option("--bucket", options->bucket, "Bucket for folders [gyre-transform]")
        ->type_name("NAME");
    command.add_flag("--no-wait", options->no_wait, "Do not wait for its end");
    commands.AddConnection(command, options->connection);
    commands.Does(command, [&session = commands.session, options]() -> Status {
        GYRE_ASSIGN(const Platform platform, Platform::Find(session, options->connection));
        return FolderJob(session, platform, *options).Run();
    });
}

}  // namespace gyre::cli::detail
