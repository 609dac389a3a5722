package blob

import (
	"bytes"
	"crypto/md5" //nolint:gosec // what S3 calls an ETag
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
)

// fakeS3 is a bucket that speaks as much of the protocol as a store needs. It refuses requests without a signature of the right key.
type fakeS3 struct {
	t  testing.TB
	mu sync.Mutex

	objects map[string][]byte
	parts   map[string]map[int][]byte // of uploads in parts
	fail    int                       // so many requests fail first
}

// newFakeS3 returns a bucket called "files" and the configuration to reach it.
func newFakeS3(t testing.TB) (*fakeS3, S3Config) {
	t.Helper()
	f := &fakeS3{t: t, objects: map[string][]byte{}, parts: map[string]map[int][]byte{}}
	server := httptest.NewTLSServer(f)
	t.Cleanup(server.Close)
	return f, S3Config{
		Endpoint: server.Listener.Addr().String(), Region: "eu-central-1", Bucket: "files", Prefix: "portico/one", AccessKey: "access", SecretKey: "secret",
		Drafts: t.TempDir(), options: func(o *minio.Options) { o.Transport = server.Client().Transport },
	}
}

func (f *fakeS3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !strings.Contains(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=access/") {
		http.Error(w, "no signature", http.StatusForbidden)
		return
	}
	if f.fail > 0 {
		f.fail--
		http.Error(w, "<Error><Code>SlowDown</Code></Error>", http.StatusServiceUnavailable)
		return
	}
	key, ok := strings.CutPrefix(r.URL.Path, "/files/")
	q := r.URL.Query()
	switch {
	case !ok:
		f.missing(w, "NoSuchBucket")
	case key == "":
		f.list(w, q.Get("prefix"), q.Get("continuation-token"))
	case q.Has("uploads"):
		f.parts[key] = map[int][]byte{}
		fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>", hex.EncodeToString([]byte(key)))
	case r.Method == http.MethodPost:
		f.complete(w, key)
	case r.Method == http.MethodPut:
		f.put(w, r, key)
	case r.Method == http.MethodDelete:
		delete(f.objects, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		f.get(w, r, key)
	}
}

func (f *fakeS3) put(w http.ResponseWriter, r *http.Request, key string) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Error(err)
	}
	if n, err := strconv.Atoi(r.URL.Query().Get("partNumber")); err == nil {
		f.parts[key][n] = raw
	} else {
		f.objects[key] = raw
	}
	w.Header().Set("ETag", tag(raw))
}

func (f *fakeS3) complete(w http.ResponseWriter, key string) {
	var all []byte
	for n := 1; n <= len(f.parts[key]); n++ {
		all = append(all, f.parts[key][n]...)
	}
	f.objects[key] = all
	fmt.Fprintf(w, "<CompleteMultipartUploadResult><Bucket>files</Bucket><ETag>%s</ETag></CompleteMultipartUploadResult>", tag(all))
}

func (f *fakeS3) get(w http.ResponseWriter, r *http.Request, key string) {
	raw, ok := f.objects[key]
	if !ok {
		f.missing(w, "NoSuchKey")
		return
	}
	w.Header().Set("ETag", tag(raw))
	http.ServeContent(w, r, "", time.Unix(1_700_000_000, 0), bytes.NewReader(raw))
}

func (f *fakeS3) missing(w http.ResponseWriter, code string) {
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprintf(w, "<Error><Code>%s</Code></Error>", code)
}

// list answers two objects at a time.
func (f *fakeS3) list(w http.ResponseWriter, prefix, after string) {
	type content struct {
		Key          string
		LastModified string
		ETag         string
		Size         int
	}
	out := struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		IsTruncated           bool
		NextContinuationToken string
		Contents              []content
	}{}
	var keys []string
	for k := range f.objects {
		if strings.HasPrefix(k, prefix) && k > after {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	if len(keys) > 2 {
		keys, out.IsTruncated, out.NextContinuationToken = keys[:2], true, keys[1]
	}
	for _, k := range keys {
		out.Contents = append(out.Contents, content{k, "2026-03-02T12:00:00.000Z", tag(f.objects[k]), len(f.objects[k])})
	}
	if err := xml.NewEncoder(w).Encode(out); err != nil {
		f.t.Error(err)
	}
}

func tag(raw []byte) string {
	sum := md5.Sum(raw) //nolint:gosec // as above
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

// OpenFakeS3 returns a store in a bucket of its own, for the suite that lies outside of the package.
func OpenFakeS3(t testing.TB) Store {
	t.Helper()
	_, c := newFakeS3(t)
	s, err := OpenS3(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A large object goes up in parts and comes back whole; what lies beside in the bucket is left alone; a service that is busy is asked
// again.
func TestS3(t *testing.T) {
	t.Parallel()
	f, c := newFakeS3(t)
	s, err := OpenS3(c)
	if err != nil {
		t.Fatal(err)
	}
	f.objects["other/thing"], f.objects["portico/one/readme"] = []byte("not ours"), []byte("nor this")
	f.fail = 1
	content := bytes.Repeat([]byte("0123456789abcdef"), 18<<20/16)
	d, err := s.NewDraft(int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Write(content); err != nil {
		t.Fatal(err)
	}
	key := NewKey(d.Sum())
	if err := s.Keep(t.Context(), key, d); err != nil {
		t.Fatal(err)
	}
	if got := f.objects["portico/one/"+key[:2]+"/"+key]; !bytes.Equal(got, content) {
		t.Errorf("the bucket has %d bytes, want %d", len(got), len(content))
	}
	o, err := s.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = o.Close() }()
	if raw, err := io.ReadAll(o); err != nil || !bytes.Equal(raw, content) {
		t.Errorf("read %d bytes, %v", len(raw), err)
	}
	if err := Clear(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if len(f.objects) != 2 {
		t.Errorf("the bucket has %d objects, want the two of others", len(f.objects))
	}
	c.AccessKey = "wrong"
	if s, err = OpenS3(c); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context(), key); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("without the right key: %v", err)
	}
}

func TestParsePlaces(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]S3Config{
		"s3://files": {Endpoint: "s3.amazonaws.com", Bucket: "files"},
		"s3://files/a/b/?endpoint=minio:9000&region=x&insecure=1": {Endpoint: "minio:9000", Bucket: "files", Prefix: "a/b", Region: "x", Insecure: true},
	} {
		p, err := ParsePlaces(address)
		if err != nil || p.S3 == nil || p.S3.Endpoint != want.Endpoint || p.S3.Bucket != want.Bucket || p.S3.Prefix != want.Prefix ||
			p.S3.Region != want.Region || p.S3.Insecure != want.Insecure {
			t.Errorf("%s: %+v, %v", address, p.S3, err)
		}
	}
	if p, err := ParsePlaces("/srv/files"); err != nil || p.Shared != "/srv/files" || !p.Apart() {
		t.Errorf("a folder: %+v, %v", p, err)
	}
	if p, err := ParsePlaces(""); err != nil || p.Apart() {
		t.Errorf("nothing: %+v, %v", p, err)
	}
	for _, bad := range []string{"http://files", "s3:///x", "s3://user:key@files", "s3://files?secret=x"} {
		if _, err := ParsePlaces(bad); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
