<?php
// A client of the REST API by the name and with the calls that the tutorials expect of CRest. It keeps in settings.json what the
// installation told it.
class CRest
{
    private const FILE = __DIR__ . '/settings.json';

    public static function install(array $auth): void
    {
        file_put_contents(self::FILE, json_encode($auth));
    }

    public static function call(string $method, array $params = []): array
    {
        $settings = is_file(self::FILE) ? json_decode(file_get_contents(self::FILE), true) : null;
        if (empty($settings['access_token'])) {
            return ['error' => 'no_install_app', 'error_information' => 'error install app'];
        }
        $params['auth'] = $settings['access_token'];
        $curl = curl_init($settings['client_endpoint'] . $method . '.json');
        curl_setopt($curl, CURLOPT_POSTFIELDS, http_build_query($params));
        curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
        return json_decode(curl_exec($curl), true) ?? ['error' => 'no answer: ' . curl_error($curl)];
    }
}
