package main

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
)

// batchSize is how many calls a batch holds at most.
const batchSize = 50

// measureBatch compares the calls that get through in batches of 50 with those that get through one by one.
func (b *bed) measureBatch(ctx context.Context) error {
	for _, m := range []struct{ name, call string }{
		{"user.current", "user.current"},
		{"im.message.add to a chat of a million", "im.message.add?DIALOG_ID=chat" + strconv.FormatInt(b.bigChat, 10) + "&MESSAGE=hello"},
	} {
		path, query := splitCall(m.call)
		single, err := b.times(ctx, "http://"+b.address+"/rest/"+path, query+"auth="+url.QueryEscape(b.token))
		if err != nil {
			return err
		}
		batch := url.Values{"auth": {b.token}}
		for i := range batchSize {
			batch.Set("cmd[c"+strconv.Itoa(i)+"]", m.call)
		}
		l, err := b.times(ctx, "http://"+b.address+"/rest/batch", batch.Encode())
		if err != nil {
			return err
		}
		calls := l.rate * batchSize
		fmt.Printf("batch of %d, %s: %.0f calls/s, %.1f times the %.0f/s of single calls, p99 %s\n",
			batchSize, m.name, calls, calls/single.rate, single.rate, l.p99)
	}
	return nil
}

// splitCall returns the method of a call and its parameters, ready to be followed by another.
func splitCall(call string) (method, query string) {
	u, err := url.Parse(call)
	if err != nil || u.RawQuery == "" {
		return call, ""
	}
	return u.Path, u.RawQuery + "&"
}
