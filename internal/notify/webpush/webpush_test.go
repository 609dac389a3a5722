package webpush_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/notify/webpush"
)

// browser is a browser with a push service of its own.
type browser struct {
	t      *testing.T
	key    *ecdh.PrivateKey
	secret []byte
	server *httptest.Server
	status int
	header http.Header // of the answer

	got     []string // what was pushed, decrypted
	request http.Header
	length  int
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, key: key, secret: make([]byte, 16), status: http.StatusCreated, header: http.Header{}}
	_, _ = rand.Read(b.secret)
	b.server = httptest.NewTLSServer(b)
	t.Cleanup(b.server.Close)
	return b
}

func (b *browser) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Encoding") != "aes128gcm" {
		b.t.Errorf("%s %v, %v", r.Method, r.Header, err)
	}
	b.request, b.length = r.Header, len(raw)
	text, err := b.decrypt(raw)
	if err != nil {
		b.t.Errorf("decrypt: %v", err)
	}
	b.got = append(b.got, text)
	maps.Copy(w.Header(), b.header)
	w.WriteHeader(b.status)
}

// decrypt reads a message as RFC 8291 has it.
func (b *browser) decrypt(raw []byte) (string, error) {
	if len(raw) < 21 {
		return "", errors.New("too short")
	}
	salt, size, idLen := raw[:16], binary.BigEndian.Uint32(raw[16:20]), int(raw[20])
	if int(size) < len(raw)-21-idLen {
		return "", errors.New("more than one record")
	}
	sender, sealed := raw[21:21+idLen], raw[21+idLen:]
	public, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return "", err
	}
	shared, err := b.key.ECDH(public)
	if err != nil {
		return "", err
	}
	info := "WebPush: info\x00" + string(b.key.PublicKey().Bytes()) + string(sender)
	ikm, err := hkdf.Key(sha256.New, shared, b.secret, info, 32)
	if err != nil {
		return "", err
	}
	key, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return "", err
	}
	nonce, err := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return "", err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return "", err
	}
	plain, err := gcm.Open(nil, nonce, sealed, nil)
	if err != nil {
		return "", err
	}
	text := strings.TrimRight(string(plain), "\x00")
	return strings.TrimSuffix(text, "\x02"), nil
}

func (b *browser) subscription() notify.Subscription {
	return notify.Subscription{
		Endpoint: b.server.URL + "/send/secret-of-the-browser", P256dh: base64.RawURLEncoding.EncodeToString(b.key.PublicKey().Bytes()),
		Auth: base64.RawURLEncoding.EncodeToString(b.secret),
	}
}

func (b *browser) sender() webpush.Sender {
	return webpush.Sender{
		Client:  func(context.Context) (*http.Client, error) { return b.server.Client(), nil },
		Subject: func() string { return "https://portal.example.com/" },
	}
}

func TestABrowserReadsWhatWasPushed(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := b.sender()
	keys, err := s.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	for _, payload := range []string{`{"title":"Anna","text":"Grüße"}`, `{"title":"` + strings.Repeat("x", 2000) + `"}`} {
		o := notify.Outgoing{Subscription: b.subscription(), Payload: payload, Topic: "topic-of-it", Urgent: true, Life: time.Hour}
		if got := s.Post(t.Context(), keys, o); got != (notify.Outcome{Sent: true}) {
			t.Fatalf("%+v", got)
		}
		if b.got[len(b.got)-1] != payload || b.length != 3052 {
			t.Errorf("the browser read %q of %d bytes", b.got, b.length)
		}
	}
	if b.request.Get("TTL") != "3600" || b.request.Get("Topic") != "topic-of-it" || b.request.Get("Urgency") != "high" {
		t.Errorf("headers %v", b.request)
	}
	b.signed(keys.Public)
}

// signed checks who the request says it is from (RFC 8292).
func (b *browser) signed(public string) {
	b.t.Helper()
	token, key, _ := strings.Cut(strings.TrimPrefix(b.request.Get("Authorization"), "vapid t="), ",")
	if key = strings.TrimPrefix(strings.TrimSpace(key), "k="); key != public {
		b.t.Errorf("signed by %q, want %q", key, public)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		b.t.Fatalf("token %q", token)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		b.t.Fatalf("signature of %d bytes, %v", len(signature), err)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(public)
	k, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		b.t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(k, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		b.t.Error("the signature is wrong")
	}
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	body, _ := base64.RawURLEncoding.DecodeString(parts[1])
	if err := json.Unmarshal(body, &claims); err != nil || claims.Aud != b.server.URL || claims.Sub != "https://portal.example.com/" {
		b.t.Errorf("claims %s, %v", body, err)
	}
	if life := time.Until(time.Unix(claims.Exp, 0)); life <= 0 || life > 24*time.Hour { // services take no more
		b.t.Errorf("claims %s, %v", body, err)
	}
}

func TestWhatAServiceAnswersIsUnderstood(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := b.sender()
	keys, err := s.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(b.server.URL, "https://")
	for _, tt := range []struct {
		status int
		retry  string
		want   notify.Outcome
	}{
		{200, "", notify.Outcome{Sent: true}},
		{404, "", notify.Outcome{Gone: true, Problem: host + " answered 404"}},
		{410, "", notify.Outcome{Gone: true, Problem: host + " answered 410"}},
		{400, "", notify.Outcome{Refused: true, Problem: host + " answered 400"}},
		{413, "", notify.Outcome{Refused: true, Problem: host + " answered 413"}},
		{429, "120", notify.Outcome{Wait: 2 * time.Minute, Problem: host + " answered 429"}},
		{503, "999999", notify.Outcome{Wait: time.Hour, Problem: host + " answered 503"}},
		{500, "soon", notify.Outcome{Problem: host + " answered 500"}},
		{301, "", notify.Outcome{Refused: true, Problem: host + " answered 301"}},
	} {
		b.status, b.header = tt.status, http.Header{"Retry-After": {tt.retry}}
		got := s.Post(t.Context(), keys, notify.Outgoing{Subscription: b.subscription(), Payload: "{}"})
		if got != tt.want {
			t.Errorf("%d: %+v, want %+v", tt.status, got, tt.want)
		}
	}
}

func TestWhatCannotBeSentIsToldWithoutSecrets(t *testing.T) {
	t.Parallel()
	b := newBrowser(t)
	s := b.sender()
	keys, err := s.NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	sub := b.subscription()
	b.server.Close()
	got := s.Post(t.Context(), keys, notify.Outgoing{Subscription: sub, Payload: "{}"})
	if got.Sent || got.Gone || got.Refused || got.Problem == "" || strings.Contains(got.Problem, "secret-of-the-browser") {
		t.Errorf("%+v", got)
	}
	s.Client = func(context.Context) (*http.Client, error) { return nil, errors.New("the policy cannot be read") }
	if got := s.Post(t.Context(), keys, notify.Outgoing{Subscription: sub}); got.Problem != "the policy cannot be read" || got.Refused {
		t.Errorf("%+v", got)
	}
}
