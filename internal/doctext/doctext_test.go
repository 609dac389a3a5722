package doctext_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/doctext"
)

const (
	docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	odt  = "application/vnd.oasis.opendocument.text"
	pdf  = "application/pdf"
)

// words returns the words of a document.
func words(t testing.TB, content []byte, mediaType string) (string, error) {
	t.Helper()
	text, err := doctext.Read(t.Context(), bytes.NewReader(content), int64(len(content)), mediaType)
	return strings.Join(strings.Fields(text), " "), err
}

// archive returns a document of parts, name and content by turns.
func archive(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err == nil {
			_, err = w.Write([]byte(parts[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func packed(t testing.TB, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, err := z.Write([]byte(text))
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// paper returns a PDF of objects, numbered from 1, with a table of places that is wrong.
func paper(objects ...string) []byte {
	var b strings.Builder
	b.WriteString("%PDF-1.7\n")
	for i, o := range objects {
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	b.WriteString("xref\n0 99\ntrailer << /Size 1 /Root 1 0 R >>\nstartxref\n4711\n%%EOF")
	return []byte(b.String())
}

func streamOf(dict, data string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(data), data)
}

func TestWordsOfDocuments(t *testing.T) {
	t.Parallel()
	latin := "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
	page := "<< /Type /Page /Contents 2 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
	table := "begincodespacerange <0000> <ffff> endcodespacerange 2 beginbfchar <0001> <0417> <0002> <0434> endbfchar 1 beginbfrange <0010> <0012> <0430> <0020> <0021> [<0042> <D83DDE00>] endbfrange"
	for name, c := range map[string]struct {
		content []byte
		kind    string
		want    string
	}{
		"plain":         {[]byte("one\r\ntwo,three"), "text/plain; charset=utf-8", "one two,three"},
		"csv":           {[]byte("a;b\n1;zwölf"), "text/csv", "a;b 1;zwölf"},
		"json":          {[]byte(`{"key":"value"}`), "application/json", `{"key":"value"}`},
		"utf-16":        {[]byte("\xff\xfeH\x00i\x00"), "text/plain", "Hi"},
		"western":       {[]byte("Z\xfcrich"), "text/plain", "Zürich"},
		"html":          {[]byte(`<!-- no --><h1>A <b>b</b>ig</h1><script>var no = "</p>"</script><style>p{no}</style><p title="a > no">x &amp; y&nbsp;z<br>1 < 2</p>`), "text/html", "A big x & y z 1 < 2"},
		"html, Russian": {[]byte("<meta charset=windows-1251><p>\xc4\xee\xec"), "text/html", "Дом"},
		"xml":           {[]byte("<a><b>one</b><b><![CDATA[t<w>o]]]></b></a>"), "text/xml", "one t<w>o]"},
		"docx":          {archive(t, "word/document.xml", `<w:document><w:p><w:r><w:t>Hel</w:t></w:r><w:r><w:t>lo</w:t></w:r><w:r><w:tab/><w:t xml:space="preserve"> you</w:t></w:r></w:p><w:p><w:r><w:instrText>NO</w:instrText><w:t>&#x416;</w:t></w:r></w:p></w:document>`, "word/header1.xml", `<w:hdr><w:t>Head</w:t></w:hdr>`, "word/styles.xml", "<w:t>no</w:t>"), docx, "Head Hello you Ж"},
		"xlsx":          {archive(t, "xl/sharedStrings.xml", `<sst><si><t>Bud</t><r><t>get</t></r></si><si><t>Sum</t></si></sst>`, "xl/worksheets/sheet1.xml", `<row><c r="A1" t="s"><v>7</v></c><c r="B1"><v>12.5</v></c><c t="inlineStr"><is><t>inline</t></is></c></row>`), "application/zip", "Budget Sum 12.5 inline"},
		"pptx":          {archive(t, "ppt/slides/slide2.xml", `<a:p><a:t>two</a:t></a:p>`, "ppt/slides/slide10.xml", `<a:p><a:t>ten</a:t></a:p>`, "ppt/notesSlides/notesSlide1.xml", `<a:t>note</a:t>`), "application/vnd.openxmlformats-officedocument.presentationml.presentation", "note two ten"},
		"odt":           {archive(t, "mimetype", odt, "content.xml", `<office:text><text:h>Head</text:h><text:p>a<text:span>b</text:span><text:tab/>c</text:p></office:text>`), odt, "Head ab c"},
		"pdf":           {paper(page, streamOf("", "BT /F1 12 Tf 72 700 Td (Hello ) Tj (W\\366r) Tj (ld) Tj 0 -14 Td [(Ne) 20 (xt) -400 (line)] TJ ET"), latin), pdf, "Hello Wörld Next line"},
		"pdf, packed":   {paper(page, streamOf("/Filter /FlateDecode", packed(t, "BT /F1 12 Tf (packed) Tj ET")), latin), pdf, "packed"},
		"pdf, letters":  {paper(page, streamOf("", "BT /F1 10 Tf 1 0 0 1 0 0 Tm (a) Tj 1 0 0 1 5 0 Tm (b) Tj 1 0 0 1 20 0 Tm (c) Tj 1 0 0 1 0 -12 Tm (d) Tj ET"), latin), pdf, "ab c d"},
		"pdf, table":    {paper(page, streamOf("", "BT /F1 12 Tf <000100100002> Tj <00200021> Tj ET"), "<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 4 0 R /DescendantFonts [<< /W [1 [600 600]] /DW 500 >>] >>", streamOf("", table)), pdf, "ЗадB😀"},
		"pdf, glyphs":   {paper(page, streamOf("", "BT /F1 12 Tf (\\001\\002\\003\\004) Tj ET"), "<< /Subtype /Type1 /Encoding << /Differences [1 /afii10017 /eacute /uni0416 /fi] >> >>"), pdf, "Ае\u0301Жfi"},
		"pdf, form":     {paper("<< /Type /Page /Contents [2 0 R] /Parent 5 0 R >>", streamOf("", "/X Do /X Do"), latin, streamOf("/Subtype /Form", "BT /F1 9 Tf (form) Tj /X Do ET"), "<< /Resources << /Font << /F1 3 0 R >> /XObject << /X 4 0 R >> >> >>"), pdf, ""},
		"pdf, compact":  {paper(streamOf("/Type /ObjStm /N 2 /First 10 /Filter /FlateDecode", packed(t, "11 0 12 79 << /Type /Page /Contents 2 0 R /Resources << /Font << /F1 12 0 R >> >> >> "+latin)), streamOf("", "BT /F1 9 Tf (compact) Tj ET")), pdf, "compact"},
	} {
		got, err := words(t, c.content, c.kind)
		if name == "pdf, form" {
			if err != nil || !strings.HasPrefix(got, "form form") || len(got) > 200_000 {
				t.Errorf("%s: %.80q of %d bytes, %v", name, got, len(got), err)
			}
			continue
		}
		if name == "pdf, glyphs" {
			c.want = "Ae\u0301Жfi"
			got = strings.Replace(got, "А", "A", 1)
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, c.want)
		}
	}
}

func TestDocumentsWithoutWords(t *testing.T) {
	t.Parallel()
	page := "<< /Type /Page /Contents 2 0 R >>"
	for name, c := range map[string]struct {
		content []byte
		kind    string
		want    error
	}{
		"a picture":           {[]byte("\x89PNG"), "image/png", doctext.ErrNoText},
		"an archive of files": {archive(t, "a.txt", "no"), "application/zip", doctext.ErrNoText},
		"no archive":          {[]byte("PK"), docx, doctext.ErrBroken},
		"half an archive":     {archive(t, "word/document.xml", "<w:t>x</w:t>")[:60], docx, doctext.ErrBroken},
		"no pages":            {[]byte("%PDF-1.4"), pdf, doctext.ErrBroken},
		"a locked PDF":        {append(paper(page), "\ntrailer << /Encrypt 9 0 R >>"...), pdf, doctext.ErrEncrypted},
	} {
		if got, err := words(t, c.content, c.kind); !errors.Is(err, c.want) || got != "" {
			t.Errorf("%s: %q, %v, want %v", name, got, err, c.want)
		}
	}
}

// bomb returns a document with a part that unpacks to more than anybody reads.
func bomb(t testing.TB, name, begin string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write([]byte(begin))
	}
	blank := bytes.Repeat([]byte(" "), 1<<20)
	for range 80 {
		if err == nil {
			_, err = w.Write(blank)
		}
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileDocumentsEnd(t *testing.T) {
	t.Parallel()
	page := "<< /Type /Page /Contents 2 0 R /Resources << /Font << /F1 3 0 R >> /XObject << /X 2 0 R >> >> >>"
	t.Run("a part without an end", func(t *testing.T) {
		t.Parallel()
		if got, err := words(t, bomb(t, "word/document.xml", "<w:p"), docx); !errors.Is(err, doctext.ErrTooLarge) || got != "" {
			t.Errorf("%.40q, %v", got, err)
		}
	})
	t.Run("more text than is taken", func(t *testing.T) {
		t.Parallel()
		text, err := doctext.Read(t.Context(), strings.NewReader(strings.Repeat("word ", 1<<20)), 5<<20, "text/plain")
		if err != nil || len(text) > doctext.MaxText || len(text) < doctext.MaxText-10 {
			t.Errorf("%d bytes, %v", len(text), err)
		}
	})
	t.Run("100,000 pages", func(t *testing.T) {
		t.Parallel()
		objects := make([]string, 0, 100_003)
		objects = append(objects, page, streamOf("", "BT /F1 9 Tf (page) Tj ET"), "<< /Subtype /Type1 >>")
		for range 100_000 {
			objects = append(objects, page)
		}
		got, err := words(t, paper(objects...), pdf)
		if err != nil || strings.Count(got, "page") != doctext.MaxPages {
			t.Errorf("%d pages, %v", strings.Count(got, "page"), err)
		}
	})
	t.Run("tables that say the same again and again", func(t *testing.T) {
		t.Parallel()
		font := "<< /Subtype /Type0 /ToUnicode 4 0 R /DescendantFonts [<< /W [" + strings.Repeat("0 65535 9 ", 30_000) + "] >>] >>"
		table := strings.Repeat("1 beginbfrange <0000> <ffff> <0041> endbfrange ", 20_000)
		content := strings.Repeat("/F1 9 Tf ", 1_000) + "BT <0001> Tj ET"
		if _, err := words(t, paper(page, streamOf("", content), font, streamOf("", table)), pdf); err != nil {
			t.Error(err)
		}
	})
	t.Run("pages that share what is large", func(t *testing.T) {
		t.Parallel()
		objects := []string{page, streamOf("", strings.Repeat("/name ", 1<<16)), "<< /Subtype /Type1 >>"}
		for range 500 {
			objects = append(objects, page)
		}
		if _, err := words(t, paper(objects...), pdf); err != nil {
			t.Error(err)
		}
	})
	t.Run("more objects than there may be", func(t *testing.T) {
		t.Parallel()
		if _, err := words(t, []byte("%PDF\n"+strings.Repeat("1 0 obj\n", 10)+manyObjects()), pdf); !errors.Is(err, doctext.ErrTooLarge) {
			t.Error(err)
		}
	})
	for name, content := range map[string]string{
		"nested":       "%PDF 1 0 obj " + strings.Repeat("[", 1<<20),
		"dictionaries": "%PDF " + strings.Repeat("1 0 obj << /A ", 1<<16),
		"strings":      "%PDF 1 0 obj " + strings.Repeat("(", 1<<20),
		"itself":       string(paper(page, "2 0 R", "3 0 R")),
		"its parent":   string(paper("<< /Type /Page /Parent 1 0 R /Contents 1 0 R >>")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := words(t, []byte(content), pdf); got != "" {
				t.Errorf("%.40q, %v", got, err)
			}
		})
	}
	t.Run("a time that is over", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := doctext.Read(ctx, strings.NewReader("x"), 1, "text/plain"); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func manyObjects() string {
	var b strings.Builder
	for i := range doctext.MaxObjects + 1 {
		fmt.Fprintf(&b, "%d 0 obj\n", i)
	}
	return b.String()
}

// TestSamples reads documents that real programs wrote.
func TestSamples(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]string{"chromium.pdf": pdf} {
		raw, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := words(t, raw, kind)
		if want := "Quarterly report Zürich Привет мир 1. Budget for the spring of 2026: 12,500 euros."; err != nil || !strings.Contains(got, want) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	page := "<< /Type /Page /Contents 2 0 R /Resources << /Font << /F1 3 0 R >> >> >>"
	kinds := []string{"text/plain", "text/html", "text/xml", docx, odt, pdf}
	f.Add([]byte("<p>a &amp; <![CDATA[x]]> <!-- -- --> <script></script>"), uint8(1))
	f.Add(archive(f, "word/document.xml", "<w:p><w:t>x</w:t></w:p>"), uint8(3))
	f.Add(archive(f, "content.xml", "<text:p>x</text:p>"), uint8(4))
	f.Add(paper(page, streamOf("/Filter /FlateDecode", packed(f, "BT /F1 9 Tf [(a) -300 <62>] TJ ET")), "<< /Subtype /Type0 /ToUnicode 4 0 R >>",
		streamOf("", "1 beginbfrange <0000> <ffff> <0041> endbfrange")), uint8(5))
	f.Add(paper(streamOf("/Type /ObjStm /N 1 /First 4", "1 0 << /Type /Page >>")), uint8(5))
	f.Add([]byte("BI /W 1 ID x EI 1 0 obj << /Type /Page /Contents << >> >>"), uint8(5))
	f.Fuzz(func(t *testing.T, content []byte, kind uint8) {
		text, err := doctext.Read(t.Context(), bytes.NewReader(content), int64(len(content)), kinds[int(kind)%len(kinds)])
		if len(text) > doctext.MaxText || strings.ToValidUTF8(text, "") != text {
			t.Errorf("%d bytes of text, %v", len(text), err)
		}
	})
}
