// The speed program is in the library, beside the kernels.
extern "C" int dctloss_speed(int count, char** arguments);

int main(int count, char** arguments) { return dctloss_speed(count, arguments); }
