package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
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

// batchRun is a batch under way. Answers stay the JSON that they are: only those that a later call refers to are read.
type batchRun struct {
	registry *Registry
	outer    *Call

	result, errors, total, next, time keyed
	read                              map[string]phpform.Value // results that were referred to
}

// keyed is a PHP array of JSON values.
type keyed []keyedValue

type keyedValue struct {
	key string
	raw json.RawMessage
}

// append writes k: as a list where the keys are 0, 1, 2, … (and where there are none), else as an object.
func (k keyed) append(b []byte) []byte {
	list := true
	for i := range k {
		list = list && k[i].key == strconv.Itoa(i)
	}
	opening, closing := byte('['), byte(']')
	if !list {
		opening, closing = '{', '}'
	}
	b = append(b, opening)
	for i, v := range k {
		if i > 0 {
			b = append(b, ',')
		}
		if !list {
			b = append(phpform.AppendJSON(b, phpform.StringOf(v.key)), ':')
		}
		b = append(b, v.raw...)
	}
	return append(b, closing)
}

// answer is the result of batch: an entry for each call under its name.
func (b *batchRun) answer() json.RawMessage {
	size := 128
	for _, v := range b.result {
		size += len(v.key) + len(v.raw) + 320
	}
	out := b.result.append(append(make([]byte, 0, size), `{"result":`...))
	out = b.errors.append(append(out, `,"result_error":`...))
	out = b.total.append(append(out, `,"result_total":`...))
	out = b.next.append(append(out, `,"result_next":`...))
	out = b.time.append(append(out, `,"result_time":`...))
	return append(out, '}')
}

// batch runs the calls in their order. A value may refer to what an earlier call answered: $result[name][key]….
// After an error the rest goes on, unless halt is set. Calls beyond the limit are each refused; the batch itself is not.
func (r *Registry) batch(ctx context.Context, c *Call, p batchParams) (json.RawMessage, error) {
	cmds := p.Cmd.Entries()
	if !p.Cmd.IsArray() {
		return nil, mistyped("cmd", "an array of calls")
	}
	b := &batchRun{registry: r, outer: c}
	for i, cmd := range cmds {
		if err := ctx.Err(); err != nil {
			return nil, err
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
	return b.answer(), nil
}

// fail notes the error of a call under its name.
func (b *batchRun) fail(ctx context.Context, name string, err error) {
	f := fault.Of(err)
	if f.Kind == fault.Internal {
		b.outer.handler.log.ErrorContext(ctx, "call in batch failed", "command", name, "error", err)
	}
	b.errors = append(b.errors, keyedValue{name, appendError(nil, f)})
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
	b.result = append(b.result, keyedValue{name, o.result})
	if o.total != nil {
		b.total = append(b.total, keyedValue{name, strconv.AppendInt(nil, *o.total, 10)})
	}
	if o.next > 0 {
		b.next = append(b.next, keyedValue{name, strconv.AppendInt(nil, o.next, 10)})
	}
	b.time = append(b.time, keyedValue{name, h.appendTime(make([]byte, 0, 256), c)})
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
	case !refers(v):
		return v
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

// refers reports whether v, or anything in it, has a reference.
func refers(v phpform.Value) bool {
	if v.IsArray() {
		return slices.ContainsFunc(v.Entries(), func(e phpform.Entry) bool { return refers(e.Value) })
	}
	return v.Kind() == phpform.String && strings.Contains(v.Text(), "$result[")
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
	v, known := b.read[keys[0]]
	if !known {
		i := slices.IndexFunc(b.result, func(e keyedValue) bool { return e.key == keys[0] })
		if i < 0 {
			return phpform.NullValue()
		}
		if b.read == nil {
			b.read = map[string]phpform.Value{}
		}
		v = parsed(b.result[i].raw)
		b.read[keys[0]] = v
	}
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
