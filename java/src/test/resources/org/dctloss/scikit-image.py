"""Makes scikit-image.csv: SSIM, PSNR and MSE as scikit-image defines them, of pictures that are drawn from integers.

pip install scikit-image==0.26.0 && python scikit-image.py > scikit-image.csv
"""

import numpy as np
import skimage
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

assert skimage.__version__ == "0.26.0"
SIZES = [(11, 11), (12, 31), (40, 27), (64, 96)]
DAMAGES = ["none", "brighter", "flatter", "noise", "blocks", "shifted", "inverted"]


def reference(height, width, channels, levels):
    y, x, c = np.mgrid[0:height, 0:width, 0:channels].astype(np.int64)
    return (12 * x + 7 * y + 50 * c + x * y // 8 + 3 * (x // 9) * (y // 7)) * (levels // 255) % (levels + 1)


def damaged(r, damage, levels):
    y, x, c = np.mgrid[0 : r.shape[0], 0 : r.shape[1], 0 : r.shape[2]].astype(np.int64)
    if damage == "none":
        return r
    if damage == "brighter":
        return np.minimum(levels, r + levels // 17)
    if damage == "flatter":
        return levels // 4 + r // 2
    if damage == "noise":
        noise = (131 * x + 313 * y + 71 * c) * 7919 % 1009 % 41 - 20
        return np.clip(r + noise * (levels // 255), 0, levels)
    if damage == "blocks":
        return r[y // 8 * 8, x // 8 * 8, c]
    if damage == "shifted":
        return r[y, np.maximum(0, x - 1), c]
    return levels - r


print("height,width,channels,levels,range,damage,mse,psnr,ssim")
for height, width in SIZES:
    for channels in (1, 3):
        for levels, data_range in ((255, 1), (255, 255), (65535, 65535), (65535, 1)):
            for damage in DAMAGES:
                r = reference(height, width, channels, levels)
                d = damaged(r, damage, levels)
                # What float32 holds, computed with in float64.
                a = (r.astype(np.float32) / np.float32(levels // data_range)).astype(np.float64)
                b = (d.astype(np.float32) / np.float32(levels // data_range)).astype(np.float64)
                ssim = structural_similarity(
                    a,
                    b,
                    win_size=11,
                    gaussian_weights=True,
                    sigma=1.5,
                    use_sample_covariance=False,
                    data_range=data_range,
                    channel_axis=-1,
                )
                with np.errstate(divide="ignore"):
                    psnr = peak_signal_noise_ratio(a, b, data_range=data_range)
                mse = mean_squared_error(a, b)
                row = [height, width, channels, levels, data_range, damage, float(mse), float(psnr), float(ssim)]
                print(",".join(map(str, row)))
