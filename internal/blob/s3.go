package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// S3 keeps objects in a bucket of a service that speaks S3: <prefix>/ab/abcd…-key.
type S3 struct {
	client *minio.Client
	bucket string
	prefix string // ends with a slash, unless it is empty
	drafts string // a folder of the machine
}

var _ Store = (*S3)(nil)

// S3Config says where a bucket is.
type S3Config struct {
	Endpoint  string // host, with its port where that is not the usual one
	Insecure  bool   // over HTTP
	Region    string
	Bucket    string
	Prefix    string // of the keys, without a slash at its ends
	AccessKey string
	SecretKey string
	// Drafts is the folder of this machine for contents on their way in; empty is that for temporary files.
	Drafts string

	options func(*minio.Options) // for tests
}

// OpenS3 returns the store in a bucket, which must exist. No request is made.
func OpenS3(c S3Config) (*S3, error) {
	o := &minio.Options{
		Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Secure: !c.Insecure, Region: c.Region,
	}
	if c.options != nil {
		c.options(o)
	}
	client, err := minio.New(c.Endpoint, o)
	if err != nil {
		return nil, fmt.Errorf("S3 at %s: %w", c.Endpoint, err)
	}
	s := &S3{client: client, bucket: c.Bucket, drafts: c.Drafts}
	if p := strings.Trim(c.Prefix, "/"); p != "" {
		s.prefix = p + "/"
	}
	if s.drafts == "" {
		s.drafts = filepath.Join(os.TempDir(), "portico-drafts")
	}
	return s, nil
}

// ParseS3 reads the address of a bucket: s3://bucket/prefix?endpoint=HOST:PORT&region=REGION&insecure=1. Without an endpoint it is that
// of Amazon in the region. Keys are no part of an address.
func ParseS3(address string) (S3Config, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.User != nil {
		return S3Config{}, errors.New("write the address of a bucket as s3://bucket/prefix?endpoint=HOST&region=REGION")
	}
	q := u.Query()
	for name := range q {
		if name != "endpoint" && name != "region" && name != "insecure" {
			return S3Config{}, fmt.Errorf("the address of a bucket takes endpoint, region and insecure, not %q", name)
		}
	}
	c := S3Config{
		Endpoint: q.Get("endpoint"), Region: q.Get("region"), Insecure: q.Get("insecure") == "1", Bucket: u.Host, Prefix: strings.Trim(u.Path, "/"),
	}
	if c.Endpoint == "" {
		c.Endpoint = "s3.amazonaws.com"
	}
	return c, nil
}

func (s *S3) name(key string) string { return s.prefix + key[:2] + "/" + key }

// NewDraft returns an empty draft.
func (s *S3) NewDraft(limit int64) (*Draft, error) {
	if err := os.MkdirAll(s.drafts, 0o700); err != nil {
		return nil, err
	}
	return newDraft(s.drafts, limit)
}

// SweepDrafts removes drafts that a process left behind when it died: those that nothing was written to since before.
func (s *S3) SweepDrafts(before time.Time) error { return sweepDrafts(s.drafts, before) }

// Keep uploads a draft; the service makes it appear whole or not at all.
func (s *S3) Keep(ctx context.Context, key string, d *Draft) error {
	if !IsKey(key) {
		return errKey
	}
	defer d.Discard()
	// What can be read at any place is sent in parts, again where need be, without memory for them.
	_, err := s.client.PutObject(ctx, s.bucket, s.name(key), d.Content(), d.size, minio.PutObjectOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return fmt.Errorf("keep object in S3: %w", err)
	}
	return nil
}

// s3Object is an open object; what is read is asked for from where it is read.
type s3Object struct {
	*minio.Object

	size int64
}

// Size returns the object's size in bytes.
func (o s3Object) Size() int64 { return o.size }

// Open returns an object.
func (s *S3) Open(ctx context.Context, key string) (Object, error) {
	if !IsKey(key) {
		return nil, ErrNotFound
	}
	o, err := s.client.GetObject(ctx, s.bucket, s.name(key), minio.GetObjectOptions{})
	if err != nil {
		return nil, fmt.Errorf("open object in S3: %w", err)
	}
	info, err := o.Stat()
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return nil, errors.Join(ErrNotFound, o.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open object in S3: %w", err), o.Close())
	}
	return s3Object{o, info.Size}, nil
}

// Delete removes an object.
func (s *S3) Delete(ctx context.Context, key string) error {
	if !IsKey(key) {
		return errKey
	}
	if err := s.client.RemoveObject(ctx, s.bucket, s.name(key), minio.RemoveObjectOptions{}); err != nil {
		return fmt.Errorf("delete object in S3: %w", err)
	}
	return nil
}

// Each calls f for every object. What is no object of a store is passed over.
func (s *S3) Each(ctx context.Context, f func(Info) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the listing when f does not go on
	for o := range s.client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix, Recursive: true}) {
		if o.Err != nil {
			return fmt.Errorf("list objects in S3: %w", o.Err)
		}
		key := o.Key[strings.LastIndexByte(o.Key, '/')+1:]
		if !IsKey(key) || o.Key != s.name(key) {
			continue
		}
		if err := f(Info{Key: key, Size: o.Size, Modified: o.LastModified}); err != nil {
			return err
		}
	}
	return nil
}

var _ io.ReadSeekCloser = s3Object{}
