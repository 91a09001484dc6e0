package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/llama4-eval/llama4-eval/hardware"
	"github.com/llama4-eval/llama4-eval/inference"
	"github.com/llama4-eval/llama4-eval/reports"
)

// defaultBatch is the number of samples in flight when neither the options nor the model say one.
const defaultBatch = 16

// Run evaluates m as o asks. It returns the record that is also in results.json, and the run folder that it lies in.
//
// Errors that callers tell apart: *OptionError (nothing was run), *Interrupted, *TooManyErrors and *ModelLost (the journal is
// kept, the same call goes on from there), *Missed and *BadData (the record is returned as well, of the tasks that could be measured). With DryRun all results are empty.
func Run(ctx context.Context, o Options, m Model) (rec *reports.Record, dir string, err error) {
	if err := o.Validate(); err != nil {
		return nil, "", err
	}
	o = o.withDefaults()
	p, err := newPlan(ctx, o, m)
	if err != nil {
		return nil, "", err
	}
	if err := preview(o, p, m); err != nil {
		return nil, "", err
	}
	if o.DryRun {
		return nil, "", badData(p.unread)
	}
	info := m.Info()
	batch := o.BatchSize
	if batch == 0 {
		batch = info.BatchSize
	}
	if batch == 0 {
		batch = defaultBatch
	}
	man, err := newManifest(o, p, info, batch, hardware.Take(ctx))
	if err != nil {
		return nil, "", err
	}
	f, err := openFolder(o.Out, o.Resume == ResumeAuto, man)
	if err != nil {
		return nil, "", err
	}
	defer f.close()
	r := &run{o: o, plan: p, model: m, info: info, folder: f, manifest: man, batch: batch}
	if rec, err = r.do(ctx); err != nil {
		return nil, f.dir, err
	}
	err = missed(o.FailUnder, rec)
	if bad := badData(p.unread); err == nil {
		err = bad
	} else if bad != nil {
		err = errors.Join(bad, err)
	}
	return rec, f.dir, err
}

// A run is one call of Run that has its folder.
type run struct {
	o        Options
	plan     *plan
	model    Model
	info     ModelInfo
	folder   *folder
	manifest *manifest // of this process; that of the folder may be of an earlier one
	batch    int
}

func (r *run) do(ctx context.Context) (*reports.Record, error) {
	slots, resumed, err := r.recover()
	if err != nil {
		return nil, err
	}
	prog := newProgress(r.o.Observer, r.o.Now, r.folder.dir)
	total := 0
	var left int64 // work of the samples that are not done
	for i, t := range r.plan.tasks {
		done, work := 0, int64(0)
		for j, s := range slots[i] {
			if s != nil {
				done++
			} else {
				work += t.samples[j].work
			}
		}
		prog.plan(t.task.Name, len(slots[i]), done, work)
		total += len(slots[i])
		left += work
	}
	before := r.model.Stats()
	prog.start()
	started := r.o.Now()
	cal := newCalibrator(r.o, r.model, left)
	cal.start()
	j := newJournal(r.folder.samplesPath)
	po := &pool{
		plan: r.plan, model: r.model, batch: r.batch, maxErrors: r.o.MaxErrors, dir: r.folder.dir,
		journal: j, progress: prog, calibrator: cal, log: r.o.Log, slots: slots,
	}
	ran, err := po.run(ctx)
	if cerr := j.close(); err == nil {
		err = cerr
	}
	prog.send(EventFinish)
	wall := r.o.Now().Sub(started)
	if done := resumed + ran; done == total && errors.Is(err, context.Canceled) {
		err = nil // the last sample was finished before the interruption was seen
	} else if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil, &Interrupted{Dir: r.folder.dir, Done: done, Total: total}
	}
	if lost := new(inference.FileError); errors.As(err, &lost) {
		return nil, &ModelLost{Dir: r.folder.dir, Done: resumed + ran, Total: total, Cause: lost}
	}
	if err != nil {
		return nil, err
	}
	cal.finish()
	for i, t := range r.plan.tasks {
		if err := writeSamples(r.folder.samplesPath(t.task.Name), slots[i]); err != nil {
			return nil, err
		}
	}
	rec := aggregate(r, slots)
	if rec.Words, err = wordScores(r.o.Words, r.plan.tasks, slots, r.o.Seed); err != nil {
		return nil, err
	}
	rec.Perf = r.perf(slots, ran, resumed, wall, before)
	rec.Perf.Calibration = cal.record()
	rec.Memory = r.model.Memory()
	rec.Memory.Devices = list(rec.Memory.Devices)
	rec.Host = reports.Host{
		RunID: r.folder.id, Dir: r.folder.dir, Started: r.folder.manifest.Started, Finished: r.o.Now().UTC().Format(time.RFC3339),
		ModelPath: r.info.Path, Hardware: r.manifest.Hardware,
	}
	return rec, r.write(rec)
}

// recover fills the slots with what an interrupted run has finished, and removes half-written files.
func (r *run) recover() (slots [][]*reports.Sample, resumed int, err error) {
	slots = make([][]*reports.Sample, len(r.plan.tasks))
	for i, t := range r.plan.tasks {
		slots[i] = make([]*reports.Sample, len(t.samples))
		if !r.folder.resumed {
			continue
		}
		path := r.folder.samplesPath(t.task.Name)
		done, err := recoverJournal(path, t)
		if err != nil {
			return nil, 0, err
		}
		for at, s := range done {
			slots[i][at] = s
			resumed++
		}
		if err := os.Remove(path + tempSuffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, 0, fmt.Errorf("runner: %w", err)
		}
	}
	return slots, resumed, nil
}

// write stores the record. From then on the run is finished.
func (r *run) write(rec *reports.Record) error {
	var buf bytes.Buffer
	if err := reports.JSON(&buf, rec); err != nil {
		return err
	}
	return writeAtomic(filepath.Join(r.folder.dir, resultsName), buf.Bytes())
}
