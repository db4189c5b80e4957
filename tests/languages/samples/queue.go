// Package queue keeps jobs in order.
package queue

import (
	"context"
	"errors"
	log "log/slog"
	_ "net/http/pprof"

	. "example.com/jobs/kinds"
)

import "sync"

// ErrFull tells that no job fits any more.
var ErrFull = errors.New("queue is full")

const (
	Small = 8
	Large = 1024
)

// Job is what a worker does.
type Job interface {
	Run(ctx context.Context) error
	Name() string
}

type Handler func(ctx context.Context, job Job) error

type ID = int64

/* Queue holds jobs until somebody takes them. */
type Queue[T Job] struct {
	mu    sync.Mutex
	jobs  []T
	limit int
}

// New makes a queue of at most limit jobs.
func New[T Job](limit int) *Queue[T] {
	return &Queue[T]{limit: limit}
}

// Push adds a job.
func (q *Queue[T]) Push(job T) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) >= q.limit {
		log.Warn("full", "job", job.Name())
		return ErrFull
	}
	q.jobs = append(q.jobs, job)
	return nil
}

func (id ID) String() string { return Format(int64(id)) }

func work(ctx context.Context, jobs <-chan Job, handle Handler) {
	for {
		select {
		case <-ctx.Done():
			return
		case job, ok := <-jobs:
			if !ok {
				return
			}
			go func() {
				_ = handle(ctx, job)
			}()
		}
	}
}
