package phpform

import "github.com/portico-hq/portico/internal/fault"

// The limits that PHP has by default for nesting, and the usual setting of max_input_vars on portals.
const (
	DefaultMaxDepth = 64
	DefaultMaxKeys  = 10_000
)

// codeInvalid is the code of every fault of this package.
const codeInvalid = "INVALID_REQUEST"

// Limits bounds what a body may make its reader build. The bytes of a body are for the caller to bound.
// More than a limit is a fault, never a silent loss of parameters.
type Limits struct {
	MaxDepth int // levels of arrays beneath the outermost: the brackets of a[b][c] are 2; 0 means DefaultMaxDepth
	MaxKeys  int // parameters of a form (and the arrays they make), or entries of JSON; 0 means DefaultMaxKeys
}

func (l Limits) filled() Limits {
	if l.MaxDepth <= 0 {
		l.MaxDepth = DefaultMaxDepth
	}
	if l.MaxKeys <= 0 {
		l.MaxKeys = DefaultMaxKeys
	}
	return l
}

func (l Limits) tooDeep() error {
	return fault.Newf(fault.TooLarge, codeInvalid, "The request is nested deeper than %d levels of arrays.", l.MaxDepth)
}

func (l Limits) tooMany() error {
	return fault.Newf(fault.TooLarge, codeInvalid, "The request has more than %d parameters.", l.MaxKeys)
}
