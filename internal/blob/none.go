package blob

import (
	"context"
	"errors"
)

// ErrNone is returned where something is to be stored and there is no place for it.
var ErrNone = errors.New("blob: no place for files was named")

// None is a store that has nothing and takes nothing.
type None struct{}

var _ Store = None{}

// NewDraft fails with ErrNone.
func (None) NewDraft(int64) (*Draft, error) { return nil, ErrNone }

// Keep fails with ErrNone.
func (None) Keep(context.Context, string, *Draft) error { return ErrNone }

// Open finds nothing.
func (None) Open(context.Context, string) (Object, error) { return nil, ErrNotFound }

// Delete does nothing.
func (None) Delete(context.Context, string) error { return nil }

// Each has nothing to call.
func (None) Each(context.Context, func(Info) error) error { return nil }
