# Builds the program from this source and puts it, alone, into an image: docker build -t portico .
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -tags timetzdata -ldflags "-s -w" -o /out/portico ./cmd/portico && mkdir /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/portico /portico
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
VOLUME /data
EXPOSE 8080 8443
ENTRYPOINT ["/portico"]
CMD ["serve", "--data", "/data", "--http", "0.0.0.0:8080", "--https", "0.0.0.0:8443"]
