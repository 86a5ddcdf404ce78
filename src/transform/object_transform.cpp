#include "transform/object_transform.h"

#include <algorithm>

#include "transform/answer_excerpt.h"
#include "transform/input_stream.h"
#include "transform/retries.h"
#include "transform/streamed_invocation.h"

namespace gyre::transform {
namespace {

using core::Code;
using core::Status;
using core::SteadyTime;

constexpr core::seconds kCheckpointEvery{1};

SteadyTime Now() {
    return core::SystemClock().Now();
}

Status Stopping() {
    return core::Fail(Code::kCancelled, "the job stops");
}

}  // namespace

ObjectTransform::ObjectTransform(const RunContext& run, PlannedObject object)
    : run_(run),
      object_(std::move(object)),
      spool_(run.folder / ("object-" + std::to_string(object_.index)), &run.store),
      saved_(Now()) {
}

RecordFailure ObjectTransform::FailureAt(uint64_t record, uint64_t records, uint64_t offset,
                                         std::string_view reason) const {
    RecordFailure failure;
    failure.object = object_.Uri();
    failure.record = record;
    failure.records = records;
    failure.offset = offset;
    failure.reason = AnswerExcerpt(reason);
    return failure;
}

// The put that was begun before a restart, where it came to its end.
std::optional<PutIntent> ObjectTransform::PutBefore() const {
    const auto intent = run_.journal.IntentOf(object_.index);
    if (!intent) return std::nullopt;
    const auto there = run_.store.Head(run_.spec.output.bucket, object_.output_key);
    const bool ended = there && there->size == intent->size && there->modified >= intent->at;
    return ended ? intent : std::nullopt;
}

Status ObjectTransform::Run() {
    if (const auto before = PutBefore()) {
        spool_.Discard();
        Count(object_.size, before->records);
        return run_.journal.Done(object_.index, object_.size, before->records);
    }
    GYRE_ASSIGN(std::optional<RecordFailure> failure,
                run_.limits.streamed ? Stream() : Transform());
    pending_.clear();
    if (failure) return Fail(std::move(*failure));
    return Put();
}

core::Result<std::unique_ptr<net::BodyReader>> ObjectTransform::OpenBody() {
    GYRE_ASSIGN(objects::ObjectData data, run_.store.Get(object_.input.bucket, object_.input.key));
    if (data.info.etag != object_.etag) {
        return core::Fail(Code::kInvalidArgument,
                          "the object was replaced after the job had begun");
    }
    if (run_.spec.gzip) return std::make_unique<GunzipReader>(std::move(data.body));
    return std::move(data.body);
}

core::Result<ObjectTransform::Input> ObjectTransform::Open(uint64_t offset, uint64_t record) {
    Input input;
    GYRE_ASSIGN(input.body, OpenBody());
    GYRE_TRY(Skip(*input.body, offset));
    input.reader = std::make_unique<RecordReader>(
        *input.body, run_.spec.split, run_.limits.payload_bytes, TooLong(run_.spec, run_.limits));
    input.packer = std::make_unique<Packer>(*input.reader, run_.spec, run_.limits, record, offset);
    return input;
}

ObjectTransform::Step ObjectTransform::Transform() {
    uint64_t offset = 0;
    if (const auto part = run_.journal.PartOf(object_.index)) {
        if (spool_.Resume(part->spooled)) {
            offset = part->offset;
            records_ = part->records;
            content_type_ = part->content_type;
        }
    }
    auto input = Open(offset, records_);
    if (!input) return FailureAt(records_, 0, offset, input.error().message);
    input_ = std::move(*input);
    Count(UnpackedBytes(offset), records_);
    while (true) {
        GYRE_ASSIGN(std::optional<RecordFailure> failure, SendMore());
        // What was sent before it comes first, and may fail first.
        while (!pending_.empty()) {
            GYRE_ASSIGN(std::optional<RecordFailure> earlier, TakeFirst());
            if (earlier) return earlier;
            if (!failure && !all_read_) break;
        }
        if (failure) return failure;
        if (all_read_ && pending_.empty()) return std::optional<RecordFailure>();
    }
}

// The object as one request of whatever length, whose answer becomes the output as it comes.
// Another try begins at the beginning.
ObjectTransform::Step ObjectTransform::Stream() {
    if (object_.size == 0) return std::optional<RecordFailure>();
    Retries retries(run_.spec, Now());
    while (true) {
        auto body = OpenBody();
        if (!body) return FailureAt(0, 1, 0, body.error().message);
        std::optional<HostPool::Place> place = run_.hosts.Take(object_.share);
        if (!place) return core::Fail(Stopping().error());
        char last = '\0';
        StreamedInvocation::Steps steps;
        steps.sent = [&](size_t bytes) { Count(UnpackedBytes(bytes), 0); };
        steps.came = [&](ModelAnswer part) {
            if (!part.body.empty()) last = part.body.View().back();
            return WritePart(std::move(part));
        };
        auto invocation = std::make_unique<StreamedInvocation>(std::move(*place), run_.spec);
        GYRE_ASSIGN(auto outcome, invocation->Run(**body, steps, run_.cancel));
        invocation = nullptr;  // its place is another's
        if (outcome) {
            if (run_.spec.assemble_lines && last != '\n') outcome->body = "\n";
            records_ = 1;
            Count(0, 1);
            GYRE_TRY(WritePart(std::move(*outcome)));
            return std::optional<RecordFailure>();
        }
        if (!retries.After(outcome.error(), Now())) {
            RecordFailure failure = FailureAt(0, 1, 0, outcome.error().reason);
            failure.status = outcome.error().status;
            failure.answer = std::move(outcome.error().answer);
            return failure;
        }
        BeginAnew();
        if (run_.cancel.WaitUntil(Now() + retries.Pause())) return core::Fail(Stopping().error());
    }
}

Status ObjectTransform::WritePart(ModelAnswer part) {
    NoteType(part);
    const size_t bytes = part.body.size();
    return InOrder(bytes, [this, body = std::move(part.body)]() -> Status {
        GYRE_TRY(spool_.Append(body));
        FollowSpool();
        return {};
    });
}

void ObjectTransform::BeginAnew() {
    DropOutput();
    content_type_.clear();
    run_.bytes -= std::exchange(counted_, 0);
}

ObjectTransform::Step ObjectTransform::SendMore() {
    while (!all_read_) {
        // Who waits for a place must hold none: the first answer would never be taken.
        auto place =
            pending_.empty() ? run_.hosts.Take(object_.share) : run_.hosts.TryTake(object_.share);
        if (run_.cancel.Cancelled() || (pending_.empty() && !place)) {
            return core::Fail(Stopping().error());
        }
        if (!place) break;
        input_.reader->ReadInto(
            [link = place->Link()](size_t size) { return link->NewMemory(size); });
        auto payload = input_.packer->Next();
        if (!payload) {
            all_read_ = true;
            return FailureAt(input_.packer->Record(), 1, input_.packer->Offset(),
                             payload.error().message);
        }
        if (!*payload) {
            all_read_ = true;
            break;
        }
        Pending sent{std::move(**payload), nullptr};
        sent.invocation =
            std::make_unique<Invocation>(std::move(*place), run_.spec,
                                         run_.spec.name + "/" + std::to_string(object_.index) +
                                             "/" + std::to_string(sent.payload.first_record),
                                         std::move(sent.payload.body));
        pending_.push_back(std::move(sent));
    }
    return std::optional<RecordFailure>();
}

ObjectTransform::Step ObjectTransform::TakeFirst() {
    Pending& first = pending_.front();
    GYRE_ASSIGN(auto outcome, first.invocation->Wait(run_.cancel));
    ModelAnswer answer;
    if (outcome) {
        answer = std::move(*outcome);
    } else {
        first.invocation = nullptr;  // its place is another's
        GYRE_ASSIGN(std::optional<RecordFailure> failure,
                    Try(first.payload, first.payload.records, answer, std::move(outcome.error())));
        if (failure) return Blame(first.payload, std::move(*failure));
    }
    if (run_.spec.processing.ChangesOutput()) {
        auto output =
            run_.spec.processing.Output(first.payload.originals, std::string(answer.body));
        if (!output) {
            RecordFailure failure = FailureAt(first.payload.first_record, first.payload.records,
                                              first.payload.begin, output.error().message);
            failure.answer = AnswerExcerpt(answer.body);
            return failure;
        }
        answer.body = std::move(*output);
    }
    GYRE_TRY(Write(first.payload, std::move(answer)));
    pending_.pop_front();
    return std::optional<RecordFailure>();
}

// The first `records` of the payload, read anew: what is sent is not kept, for most of it is
// answered at once. `refusal` is what became of an earlier try.
ObjectTransform::Step ObjectTransform::Try(const Payload& payload, uint64_t records,
                                           ModelAnswer& answer, std::optional<Refusal> refusal) {
    Retries retries(run_.spec, Now());
    while (true) {
        if (refusal) {
            if (!retries.After(*refusal, Now())) {
                RecordFailure failure =
                    FailureAt(payload.first_record, records, payload.begin, refusal->reason);
                failure.status = refusal->status;
                failure.answer = std::move(refusal->answer);
                return failure;
            }
            if (run_.cancel.WaitUntil(Now() + retries.Pause())) {
                return core::Fail(Stopping().error());
            }
        }
        auto input = Open(payload.begin, payload.first_record);
        if (!input) {
            return FailureAt(payload.first_record, records, payload.begin, input.error().message);
        }
        GYRE_ASSIGN(std::optional<Payload> again, input->packer->Next(records));
        if (!again) return core::Fail(Code::kInternal, "a payload cannot be read again");
        // This thread holds other places, whose answers may be there; they wait.
        std::optional<HostPool::Place> place = run_.hosts.Take(object_.share);
        if (!place) return core::Fail(Stopping().error());
        Invocation invocation(std::move(*place), run_.spec, run_.spec.name + "/again",
                              std::move(again->body));
        GYRE_ASSIGN(auto outcome, invocation.Wait(run_.cancel));
        if (outcome) {
            answer = std::move(*outcome);
            return std::optional<RecordFailure>();
        }
        refusal = std::move(outcome.error());
    }
}

// Which of a payload's records it was, by halves.
ObjectTransform::Step ObjectTransform::Blame(const Payload& payload, RecordFailure failure) {
    Payload part = payload;
    uint64_t count = payload.records;
    while (count > 1) {
        const uint64_t half = count / 2;
        ModelAnswer ignored;
        GYRE_ASSIGN(std::optional<RecordFailure> earlier, Try(part, half, ignored, std::nullopt));
        if (earlier) {
            failure = std::move(*earlier);
            count = half;
            continue;
        }
        auto input = Open(part.begin, part.first_record);
        if (!input) break;
        GYRE_ASSIGN(const std::optional<Payload> good, input->packer->Next(half));
        if (!good) break;
        part.begin = good->end;
        part.first_record += half;
        count -= half;
        failure.record = part.first_record;
        failure.offset = part.begin;
    }
    failure.records = count;
    return failure;
}

Status ObjectTransform::Write(const Payload& payload, ModelAnswer answer) {
    records_ += payload.records;
    Count(UnpackedBytes(payload.end - payload.begin), payload.records);
    NoteType(answer);
    const size_t bytes = answer.body.size();
    return InOrder(bytes, [this, body = std::move(answer.body), end = payload.end,
                           records = records_] { return Append(body, end, records); });
}

// The output's is that of its first answer. The writer reads it.
void ObjectTransform::NoteType(const ModelAnswer& answer) {
    if (writer_ == nullptr && content_type_.empty()) content_type_ = answer.content_type;
}

// At once while the output is small, then by the writer.
Status ObjectTransform::InOrder(size_t bytes, SpoolWriter::Write write) {
    if (writer_ != nullptr) return writer_->Add(bytes, std::move(write));
    GYRE_TRY(write());
    if (spool_.InFile()) writer_ = std::make_unique<SpoolWriter>();
    return {};
}

Status ObjectTransform::Append(std::string_view answer, uint64_t end, uint64_t records) {
    GYRE_TRY(spool_.Append(answer));
    if (run_.spec.assemble_lines && !answer.ends_with('\n')) GYRE_TRY(spool_.Append("\n"));
    GYRE_TRY(Checkpoint(end, records));
    FollowSpool();
    return {};
}

// A large output that is no draft is put while it grows.
void ObjectTransform::FollowSpool() {
    if (!spool_.InFile() || spool_.Draft() != nullptr) return;
    if (put_ == nullptr) {
        put_began_ = core::SystemClock().WallNow();
        put_ = std::make_unique<StreamedPut>(
            run_.store, objects::S3Uri{run_.spec.output.bucket, object_.output_key}, content_type_,
            spool_.File());
    }
    put_->Grew(spool_.FileSize());
}

Status ObjectTransform::Checkpoint(uint64_t end, uint64_t records) {
    if (!spool_.InFile()) return {};
    const SteadyTime now = Now();
    if (now - saved_ < kCheckpointEvery) return {};
    GYRE_TRY(spool_.Sync());
    GYRE_TRY(run_.journal.Part(object_.index, {end, records, spool_.Size(), content_type_}));
    saved_ = now;
    return {};
}

Status ObjectTransform::Put() {
    if (run_.cancel.Cancelled()) return Stopping();
    if (writer_ != nullptr) GYRE_TRY(writer_->Finish());
    if (run_.puts != nullptr && !spool_.InFile() &&
        spool_.Size() <= run_.store.PutsTogetherUpTo()) {
        Count(object_.size - std::min(counted_, object_.size), 0);
        run_.puts->Add({.index = object_.index,
                        .input = object_.size,
                        .records = records_,
                        .key = object_.output_key,
                        .body = spool_.TakeText(),
                        .content_type = content_type_,
                        .failure = FailureAt(records_, 0, 0, "")});
        return {};
    }
    GYRE_TRY(spool_.Flush());
    if (put_ == nullptr) put_began_ = core::SystemClock().WallNow();
    GYRE_TRY(run_.journal.Intent(object_.index, {spool_.Size(), put_began_, records_}));
    const auto put = PutSpool();
    if (!put) {
        const std::string where = "s3://" + run_.spec.output.bucket + "/" + object_.output_key;
        return Fail(FailureAt(records_, 0, 0,
                              "the output " + where + " cannot be put: " + put.error().message));
    }
    spool_.Discard();
    Count(object_.size - std::min(counted_, object_.size), 0);
    return run_.journal.Done(object_.index, object_.size, records_);
}

core::Result<objects::ObjectInfo> ObjectTransform::PutSpool() {
    const std::string& bucket = run_.spec.output.bucket;
    if (objects::ObjectDraft* draft = spool_.Draft()) {
        return run_.store.PutDraft(bucket, object_.output_key, *draft, content_type_);
    }
    if (put_ != nullptr) {
        put_->Grew(spool_.FileSize());
        return put_->Finish();
    }
    GYRE_ASSIGN(const auto body, spool_.Read());
    return run_.store.Put(bucket, object_.output_key, *body, content_type_);
}

void ObjectTransform::DropOutput() {
    writer_ = nullptr;
    put_ = nullptr;
    spool_.Discard();
}

Status ObjectTransform::Fail(RecordFailure failure) {
    DropOutput();
    Count(object_.size - std::min(counted_, object_.size), 0);
    return run_.journal.Failed(object_.index, object_.size, failure);
}

// Of a packed object it is not known how far its content is behind.
uint64_t ObjectTransform::UnpackedBytes(uint64_t bytes) const {
    return run_.spec.gzip ? 0 : bytes;
}

void ObjectTransform::Count(uint64_t bytes, uint64_t records) {
    counted_ += bytes;
    run_.bytes += bytes;
    run_.records += records;
}

}  // namespace gyre::transform
