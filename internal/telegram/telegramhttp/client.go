// Package telegramhttp calls the Bot API over HTTP.
//
// The dozen methods that are needed are calls with a JSON object each; a library would bring all of the API's types, a client of its own that
// knows nothing of the addresses that the portal may reach, and errors with the token in them.
package telegramhttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/telegram"
)

const (
	callTime   = 45 * time.Second // longer than a request for updates is kept open
	uploadTime = 4 * time.Minute
	maxAnswer  = 32 << 20 // bytes: a hundred updates with long texts are far below
)

// Client calls the Bot API. Clients gives the client for a request, which goes only where the portal may reach.
type Client struct {
	Clients func(ctx context.Context) (*http.Client, error)
}

var _ telegram.API = Client{}

// answer is what the API says.
type answer struct {
	OK         bool            `json:"ok"`
	Result     json.RawMessage `json:"result"`
	Code       int             `json:"error_code"`
	Text       string          `json:"description"`
	Parameters struct {
		RetryAfter int64 `json:"retry_after"` // seconds
	} `json:"parameters"`
}

// Call calls a method.
func (c Client) Call(ctx context.Context, server, token, method string, params, result any) error {
	if params == nil {
		params = struct{}{}
	}
	body, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("encode parameters of %s: %w", method, err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server+"/bot"+token+"/"+method, bytes.NewReader(body))
	if err != nil {
		return away(method, err)
	}
	r.Header.Set("Content-Type", "application/json")
	return c.do(ctx, r, method, result)
}

// Upload calls a method with a file.
func (c Client) Upload(ctx context.Context, server, token, method string, params map[string]string, field string, f telegram.File, result any) error {
	var head bytes.Buffer
	form := multipart.NewWriter(&head)
	for k, v := range params {
		if err := form.WriteField(k, v); err != nil {
			return fmt.Errorf("encode parameters of %s: %w", method, err)
		}
	}
	h := textproto.MIMEHeader{}
	h.Set("Content-Disposition", multipart.FileContentDisposition(field, f.Name))
	h.Set("Content-Type", "application/octet-stream")
	if _, err := form.CreatePart(h); err != nil {
		return fmt.Errorf("encode file of %s: %w", method, err)
	}
	tail := "\r\n--" + form.Boundary() + "--\r\n"
	ctx, cancel := context.WithTimeout(ctx, uploadTime)
	defer cancel()
	size := int64(head.Len()) + f.Size + int64(len(tail))
	body := io.MultiReader(&head, io.LimitReader(f.Body, f.Size), strings.NewReader(tail))
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server+"/bot"+token+"/"+method, io.NopCloser(body))
	if err != nil {
		return away(method, err)
	}
	r.ContentLength = size
	r.Header.Set("Content-Type", form.FormDataContentType())
	return c.do(ctx, r, method, result)
}

// do makes a request and reads the answer.
func (c Client) do(ctx context.Context, r *http.Request, method string, result any) error {
	client, err := c.Clients(ctx)
	if err != nil {
		return err
	}
	res, err := client.Do(r)
	if err != nil {
		return away(method, err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return away(method, err)
	}
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return away(method, fmt.Errorf("status %d with no answer of the API", res.StatusCode))
	}
	if !a.OK {
		if a.Code == 0 {
			a.Code = res.StatusCode
		}
		return &telegram.Refusal{Code: a.Code, Text: a.Text, RetryAfter: time.Duration(a.Parameters.RetryAfter) * time.Second}
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(a.Result, result); err != nil {
		return away(method, fmt.Errorf("the result is of another form: %w", err))
	}
	return nil
}

// away hides an error behind one that may be shown. The address that errors of package http begin with has the token in it.
func away(method string, err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return telegram.ErrAway.Because(fmt.Errorf("call %s: %w", method, err))
}

// errPath is the fault of a file that the server keeps for itself.
var errPath = fault.New(fault.Invalid, "FILE_PATH", "the Bot API server does not give files out: it runs in its local mode.")

// Download reads a file.
func (c Client) Download(ctx context.Context, server, token, path string, limit int64) ([]byte, error) {
	if path == "" || strings.HasPrefix(path, "/") || slices.Contains(strings.Split(path, "/"), "..") {
		return nil, errPath
	}
	ctx, cancel := context.WithTimeout(ctx, uploadTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server+"/file/bot"+token+"/"+(&url.URL{Path: path}).EscapedPath(), http.NoBody)
	if err != nil {
		return nil, away("download", err)
	}
	client, err := c.Clients(ctx)
	if err != nil {
		return nil, err
	}
	res, err := client.Do(r)
	if err != nil {
		return nil, away("download", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, &telegram.Refusal{Code: res.StatusCode, Text: http.StatusText(res.StatusCode)}
	}
	content, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	switch {
	case err != nil:
		return nil, away("download", err)
	case int64(len(content)) > limit:
		return nil, telegram.ErrLarge
	}
	return content, nil
}
