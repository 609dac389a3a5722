package rest

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// maxBatch is how many calls of one batch are run.
const maxBatch = 50

// batchParams are the parameters of batch.
type batchParams struct {
	Cmd  phpform.Value `b24:"cmd,required"`
	Halt bool          `b24:"halt"`
}

// batchResult is the answer of batch: an entry for each call under its name. What is empty is a list, as PHP has it.
type batchResult struct {
	Result phpform.Value `json:"result"`
	Error  phpform.Value `json:"result_error"`
	Total  phpform.Value `json:"result_total"`
	Next   phpform.Value `json:"result_next"`
	Time   phpform.Value `json:"result_time"`
}

// batchRun is a batch under way.
type batchRun struct {
	registry *Registry
	outer    *Call

	result, errors, total, next, time []phpform.Entry
}

// batch runs the calls in their order. A value may refer to what an earlier call answered: $result[name][key]….
// After an error the rest goes on, unless halt is set. Calls beyond the limit are each refused; the batch itself is not.
func (r *Registry) batch(ctx context.Context, c *Call, p batchParams) (batchResult, error) {
	cmds := p.Cmd.Entries()
	if !p.Cmd.IsArray() {
		return batchResult{}, mistyped("cmd", "an array of calls")
	}
	b := &batchRun{registry: r, outer: c}
	for i, cmd := range cmds {
		if err := ctx.Err(); err != nil {
			return batchResult{}, err
		}
		var err error
		switch {
		case i >= maxBatch:
			err = ErrBatchLength
		case c.handler.outOfTime(c):
			err = errBatchTime
		default:
			err = b.run(ctx, cmd.Key, cmd.Value)
		}
		if err != nil {
			b.fail(ctx, cmd.Key, err)
			if p.Halt {
				break
			}
		}
	}
	return batchResult{
		phpform.ArrayOf(b.result...), phpform.ArrayOf(b.errors...), phpform.ArrayOf(b.total...),
		phpform.ArrayOf(b.next...), phpform.ArrayOf(b.time...),
	}, nil
}

// fail notes the error of a call under its name.
func (b *batchRun) fail(ctx context.Context, name string, err error) {
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		b.outer.handler.log.ErrorContext(ctx, "call in batch failed", "command", name, "error", err)
	}
	b.errors = append(b.errors, phpform.Entry{Key: name, Value: parsed(appendError(nil, f))})
}

// run runs one call and notes its result under its name.
func (b *batchRun) run(ctx context.Context, name string, cmd phpform.Value) error {
	h := b.outer.handler
	c := &Call{Principal: b.outer.Principal, Remote: b.outer.Remote, Start: h.clock.Now(), handler: h, asked: b.outer.asked, policy: b.outer.policy}
	c.asked.name = ""
	o, err := b.invoke(ctx, c, cmd)
	if err != nil {
		f := fault.Of(err)
		h.record(c, name, statusOf(f), f, appendError(nil, f))
		return err
	}
	if h.recorder != nil {
		h.record(c, name, http.StatusOK, nil, append(o.append([]byte(`{"result":`)), '}'))
	}
	b.result = append(b.result, phpform.Entry{Key: name, Value: parsed(o.result)})
	if o.total != nil {
		b.total = append(b.total, phpform.Entry{Key: name, Value: phpform.IntOf(*o.total)})
	}
	if o.next > 0 {
		b.next = append(b.next, phpform.Entry{Key: name, Value: phpform.IntOf(o.next)})
	}
	b.time = append(b.time, phpform.Entry{Key: name, Value: parsed(h.appendTime(nil, c))})
	return nil
}

// parsed turns JSON that this package wrote back into a tree.
func parsed(raw []byte) phpform.Value {
	v, err := phpform.ParseJSON(raw, phpform.Limits{MaxKeys: 1 << 30, MaxDepth: 1 << 10})
	if err != nil {
		panic("own JSON: " + err.Error())
	}
	return v
}

func (b *batchRun) invoke(ctx context.Context, c *Call, cmd phpform.Value) (*outcome, error) {
	name, query, _ := strings.Cut(cmd.Text(), "?")
	params, err := phpform.ParseForm(query, phpform.Limits{})
	if err != nil {
		return nil, err
	}
	c.asked.name, c.Params = withoutFormat(strings.Trim(name, "/")), without(params, "auth")
	m := b.registry.Method(c.asked.name)
	if m == nil {
		return nil, ErrMethodNotFound
	}
	if m.Access&NoBatch != 0 {
		return nil, ErrBatchMethod
	}
	return b.outer.handler.invoke(ctx, c, m, b.resolve(c.Params))
}

// resolve puts the results of earlier calls in the place of references. The query has been decoded before, so a
// reference inside a value is seen as it was meant.
func (b *batchRun) resolve(v phpform.Value) phpform.Value {
	switch {
	case v.IsArray():
		entries := make([]phpform.Entry, v.Len())
		for i, e := range v.Entries() {
			entries[i] = phpform.Entry{Key: e.Key, Value: b.resolve(e.Value)}
		}
		return phpform.ArrayOf(entries...)
	case v.Kind() == phpform.String && strings.Contains(v.Text(), "$result["):
		return b.substitute(v.Text())
	}
	return v
}

// substitute replaces each reference in text. A text that is nothing but one reference becomes the value itself, which
// may be an array; a reference to nothing is empty.
func (b *batchRun) substitute(text string) phpform.Value {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$result")
		out.WriteString(before)
		if !found {
			return phpform.StringOf(out.String())
		}
		keys, tail := references(rest)
		if keys == nil {
			out.WriteString("$result")
			text = rest
			continue
		}
		v := b.lookup(keys)
		if out.Len() == 0 && tail == "" {
			return v
		}
		if !v.IsArray() {
			out.WriteString(v.Text())
		}
		text = tail
	}
}

func (b *batchRun) lookup(keys []string) phpform.Value {
	i := slices.IndexFunc(b.result, func(e phpform.Entry) bool { return e.Key == keys[0] })
	if i < 0 {
		return phpform.NullValue()
	}
	v := b.result[i].Value
	for _, k := range keys[1:] {
		v, _ = v.Get(k)
	}
	return v
}

// references reads [a][b]… at the beginning of text.
func references(text string) (keys []string, tail string) {
	for strings.HasPrefix(text, "[") {
		key, rest, ok := strings.Cut(text[1:], "]")
		if !ok {
			break
		}
		keys, text = append(keys, strings.Trim(key, `"'`)), rest
	}
	return keys, text
}
